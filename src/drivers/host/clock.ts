import type { ClockFacts } from '../../core/doctor/clock.ts'
import { run } from '../exec.ts'
import { isThere } from './files.ts'
import { findProgram } from './tools.ts'

/** Asks whoever can tell: systemd, chrony, the kernel by adjtimex. */
export async function clockFacts(systemd: boolean, signal: AbortSignal): Promise<ClockFacts> {
  const service = await installedService()
  if (await isThere('/run/systemd/timesync/synchronized'))
    return { source: 'timesyncd', synchronized: true, service }
  const ask = async (name: string, words: string[]) =>
    (await findProgram(name)) === ''
      ? ''
      : run(name, words, { signal, timeoutMs: 15_000 }).then(
          ({ stdout }) => stdout,
          () => '',
        )
  const [timedatectl, chrony, adjtimex] = await Promise.all([
    systemd ? ask('timedatectl', ['show', '--property=NTPSynchronized', '--value']) : '',
    ask('chronyc', ['-n', 'tracking']),
    ask('adjtimex', ['--print']),
  ])
  return { ...parseAnswers({ timedatectl, chrony, adjtimex }), service }
}

/** Kernel's flag of a clock that nobody disciplines (timex.h). */
const unsynchronized = 0x40

/** The first that knows; empty texts are of those that did not answer. */
export function parseAnswers(answers: {
  timedatectl: string
  chrony: string
  adjtimex: string
}): Pick<ClockFacts, 'source' | 'synchronized'> {
  const timedatectl = /^(yes|no)$/m.exec(answers.timedatectl)?.[1]
  if (timedatectl) return { source: 'timedatectl', synchronized: timedatectl === 'yes' }
  const leap = /^Leap status\s*:\s*(.+)$/m.exec(answers.chrony)?.[1]
  if (leap) return { source: 'chrony', synchronized: !/not sync/i.test(leap) }
  const status = /^\s*status:\s*(\d+)/m.exec(answers.adjtimex)?.[1]
  if (status) return { source: 'adjtimex', synchronized: (Number(status) & unsynchronized) === 0 }
  return { source: '', synchronized: false }
}

async function installedService(): Promise<ClockFacts['service']> {
  if ((await findProgram('chronyd')) !== '') return 'chrony'
  if (await isThere('/usr/lib/systemd/systemd-timesyncd')) return 'timesyncd'
  if (await isThere('/lib/systemd/systemd-timesyncd')) return 'timesyncd'
  return (await findProgram('ntpd')) !== '' ? 'ntp' : ''
}
