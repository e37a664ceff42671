// What needs a person, in words. Pure: facts in, needs out.
import type { Finding } from '../doctor/finding.ts'
import type { StoreUsage } from '../volumes.ts'

export const needKinds = [
  'task',
  'storage_pool',
  'guest',
  'volume',
  'reconciler',
  'host',
  'state_disk',
  'certificate',
] as const

export interface Need {
  /** Stable while the same thing is wrong. */
  id: string
  severity: 'error' | 'warning'
  kind: (typeof needKinds)[number]
  /** Id of the task or guest, name of the pool or reconciler, check of the doctor. */
  subject: string
  /** What is wrong. */
  sentence: string
  /** What puts it right. */
  mend: string
  /** Milliseconds since 1970; undefined where nobody noted it. */
  since?: number
}

const fullPercent = 95
const nearlyFullPercent = 85
const dayMs = 86_400_000
// Our own certificate is made anew 30 days before its end, so that one this near was not.
const expiresSoonDays = 14

/** What is in quarantine counts as room: it goes when a create needs it. */
export function poolNeeds(pool: string, { totalBytes, freeBytes, quarantinedBytes }: StoreUsage): Need[] {
  if (totalBytes <= 0) return []
  const roomBytes = Math.min(totalBytes, freeBytes + quarantinedBytes)
  const percent = Math.floor((100 * (totalBytes - roomBytes)) / totalBytes)
  if (percent < nearlyFullPercent) return []
  const full = percent >= fullPercent
  return [
    {
      ...{ id: `storage_pool.full/${pool}`, severity: full ? 'error' : 'warning' },
      ...{ kind: 'storage_pool', subject: pool },
      sentence: `Storage pool '${pool}' is ${full ? 'full' : 'nearly full'}: ${percent} % are used, ${sizeOf(roomBytes)} of ${sizeOf(totalBytes)} are left.`,
      mend: 'Delete guests or images that nobody needs, or enlarge the storage; guests whose disks find no room are paused.',
    },
  ]
}

export const silentPoolNeed = (pool: string, error: string): Need => ({
  ...{ id: `storage_pool.silent/${pool}`, severity: 'error', kind: 'storage_pool', subject: pool },
  sentence: `Storage pool '${pool}' does not answer: ${error}`,
  mend: 'Look at its server and the way to it; the page of the pool shows the last answer.',
})

export const doctorNeeds = (findings: readonly Finding[]): Need[] =>
  findings.flatMap(({ id, state, title, detail, mend }) =>
    state === 'error' || state === 'warning'
      ? [
          {
            ...{ id: `host/${id}`, severity: state, kind: 'host' as const, subject: id },
            sentence: `${title}: ${detail}`,
            mend: mend ?? 'Run nacelle doctor on the host.',
          },
        ]
      : [],
  )

export function certificateNeeds(expiresAt: number, now: number): Need[] {
  const days = Math.floor((expiresAt - now) / dayMs)
  if (days >= expiresSoonDays) return []
  const date = new Date(expiresAt).toISOString().slice(0, 10)
  return [
    {
      ...{ id: 'certificate.expires', severity: days < 3 ? 'error' : 'warning' },
      ...{ kind: 'certificate', subject: 'certificate' },
      sentence:
        days < 0
          ? `The certificate of this server ended on ${date}: browsers warn of it, programs refuse it.`
          : `The certificate of this server ends on ${date}, in ${days} days.`,
      mend: 'Put a new one at the paths of tls_certificate and tls_key; it is read again within ten minutes, or at SIGHUP.',
    },
  ]
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

function sizeOf(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${value >= 100 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power]}`
}
