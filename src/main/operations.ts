import { X509Certificate } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Config } from '../config.ts'
import { createAttention } from '../core/attention/attention.ts'
import { createDoctorService } from '../core/doctor/doctor.ts'
import type { Report } from '../core/doctor/finding.ts'
import { AppError } from '../core/errors.ts'
import { prefixesOf } from '../core/guests/address.ts'
import { createSearch } from '../core/search/search.ts'
import { createSupport } from '../core/support/bundle.ts'
import * as schema from '../db/schema.ts'
import { aboutOperations, type ShownCertificate } from '../http/nano/about.ts'
import { addressPoolOperations } from '../http/nano/address-pools.ts'
import { attentionOperations } from '../http/nano/attention.ts'
import { batchOperations } from '../http/nano/batches.ts'
import { cellOperations } from '../http/nano/cells.ts'
import { computePoolOperations } from '../http/nano/compute-pools.ts'
import { diskImageOperations } from '../http/nano/disk-images.ts'
import { doctorOperations } from '../http/nano/doctor.ts'
import { figureOperations } from '../http/nano/figures.ts'
import type { GuestNames } from '../http/nano/guest-wire.ts'
import { guestOperations } from '../http/nano/guests.ts'
import { hostOperations } from '../http/nano/host.ts'
import { imageImportOperations } from '../http/nano/image-imports.ts'
import { instanceOperations } from '../http/nano/instances.ts'
import { journalOperations } from '../http/nano/journal.ts'
import { ledgerOperations } from '../http/nano/ledger.ts'
import { logOperations } from '../http/nano/logs.ts'
import { mediaImageOperations } from '../http/nano/media-images.ts'
import { migrationOperations } from '../http/nano/migrations.ts'
import { monitorChannelOperations } from '../http/nano/monitor-channels.ts'
import { reconcilerOperations } from '../http/nano/reconcilers.ts'
import { roleOperations } from '../http/nano/roles.ts'
import { searchOperations } from '../http/nano/search.ts'
import { securityPolicyOperations } from '../http/nano/security-policies.ts'
import { sessionOperations } from '../http/nano/sessions.ts'
import { settingOperations } from '../http/nano/settings.ts'
import { snapshotOperations } from '../http/nano/snapshots.ts'
import { statusOperations } from '../http/nano/status.ts'
import { storagePoolOperations } from '../http/nano/storage-pools.ts'
import { supportOperations } from '../http/nano/support.ts'
import { systemOperations } from '../http/nano/system.ts'
import { taskOperations } from '../http/nano/tasks.ts'
import { templateOperations } from '../http/nano/templates.ts'
import { tokenOperations } from '../http/nano/tokens.ts'
import { unmanagedOperations } from '../http/nano/unmanaged.ts'
import { uploadOperations } from '../http/nano/uploads.ts'
import { userGroupOperations } from '../http/nano/user-groups.ts'
import { userOperations } from '../http/nano/users.ts'
import { visibilityOperations } from '../http/nano/visibilities.ts'
import type { Operation } from '../http/operation.ts'
import type { CertificateSource } from '../http/tls/certificate-source.ts'
import { version } from '../packaging/version.ts'
import type { Zone } from '../zone/zone.ts'
import type { Appliance } from './appliance.ts'
import { type Examined, lookAtHost } from './doctor.ts'

export interface Surroundings {
  certificate?: CertificateSource | undefined
  /** What the doctor finds, here and among what needs a person; that of this host when left out. */
  look?: (() => Promise<Report>) | undefined
}

/** Every operation of the main API. */
export function mainOperations(
  appliance: Appliance,
  examined: Examined,
  { certificate, look = () => lookAtHost(examined, poolTargets(appliance.zone)) }: Surroundings = {},
): Operation[] {
  const { zone } = appliance
  const attention = createAttention({ ...appliance, look, certificateEnd: () => endOf(certificate) })
  const doctor = createDoctorService(look)
  const program = { version, configuration: configurationOf(examined), startedAt: Date.now() }
  const services = {
    ...appliance,
    guestNames: guestNames(zone),
    doctor,
    attention,
    support: createSupport({ ...appliance, doctor, attention, program }),
    search: createSearch(appliance),
  }
  return [
    ...systemOperations(services),
    ...sessionOperations(services),
    ...userOperations(services),
    ...userGroupOperations(services),
    ...roleOperations(services),
    ...visibilityOperations(services),
    ...tokenOperations(services),
    ...computePoolOperations(services),
    ...cellOperations(services),
    ...storagePoolOperations(services),
    ...ledgerOperations(services),
    ...unmanagedOperations(services),
    ...addressPoolOperations(services),
    ...mediaImageOperations(services),
    ...diskImageOperations(services),
    ...imageImportOperations(services),
    ...uploadOperations(services),
    ...templateOperations(services),
    ...guestOperations(services),
    ...batchOperations(services),
    ...migrationOperations(services),
    ...instanceOperations(services),
    ...statusOperations(services),
    ...figureOperations(services),
    ...securityPolicyOperations(services),
    ...snapshotOperations(services),
    ...monitorChannelOperations(services),
    ...taskOperations(services),
    ...logOperations(services),
    ...journalOperations(services),
    ...settingOperations(services),
    ...reconcilerOperations(services),
    ...doctorOperations(services),
    ...attentionOperations(services),
    ...searchOperations(services),
    ...supportOperations(services),
    ...aboutOperations({ version, certificate: () => shown(certificate) }),
    ...hostOperations(services),
  ]
}

const endOf = (certificate: CertificateSource | undefined): number | undefined => shown(certificate)?.end

function shown(source: CertificateSource | undefined): ShownCertificate | undefined {
  if (!source) return undefined
  const certificate = new X509Certificate(source.current().cert)
  const { subject, issuer, subjectAltName, fingerprint256, validFromDate, validToDate } = certificate
  return {
    ...{ subject, issuer, names: subjectAltName ?? '', fingerprint: fingerprint256 },
    ...{ start: validFromDate.getTime(), end: validToDate.getTime() },
  }
}

/** Nothing in it is secret: of keys it has the paths. */
const configurationOf = (examined: Examined & Partial<Config>): object => {
  const { dataDir, listen, libvirtUri, tlsCertificate, tlsKey, trustedProxies, cellName } = examined
  const { logLevel, logFormat } = examined
  return {
    ...{ dataDir, listen, libvirtUri, tlsCertificate, tlsKey, trustedProxies, cellName, logLevel, logFormat },
  }
}

const poolTargets = (zone: Zone): string[] =>
  zone.db
    .select()
    .from(schema.storagePool)
    .all()
    .map(({ target }) => target)

/** A page of guests asks the same few names again and again; they hold until the record changes. */
function guestNames(zone: Zone): GuestNames {
  const known = new Map<string, unknown>()
  let revision = -1
  const once = <T>(key: string, read: () => T): T => {
    if (revision !== zone.revision()) known.clear()
    revision = zone.revision()
    if (!known.has(key)) known.set(key, read())
    return known.get(key) as T
  }
  const { cell, image } = schema
  const addressOf = (name: string) =>
    zone.db.select().from(cell).where(eq(cell.name, name)).get()?.address ?? ''
  const nameOf = (id: string) => zone.db.select().from(image).where(eq(image.id, id)).get()?.name ?? id
  return {
    host: (name) => once(`cell ${name}`, () => addressOf(name)),
    prefix: (pool, address) => once(`prefix ${pool}`, () => prefixesOf(zone, pool))(address),
    media: (id) => once(`image ${id}`, () => nameOf(id)),
  }
}

/** What may be changed before the appliance is up: one's own session, and the first administrator. */
const early = new Set(['session.create', 'session.renew', 'session.delete', 'system.setup'])

/** What changes nothing though it is no GET, what makes room, and what lets a person see to it. */
const whileClosed =
  /^(session|task)\.|\.(search|find|purge)$|^(guest|disk_image|media_image|upload|log)\.delete$|^instance\.stop$|^monitor_channel\.create$|^host\.stop_guests$/

interface Gates {
  /** Why no change is taken yet. */
  waitingFor(): string | undefined
  /** Why none is taken but those that are named above: a full disk, a host that goes down. */
  closed(): string | undefined
}

/** Why the appliance as it is takes no changes. */
export const closedBy =
  ({ stateDisk, host }: Pick<Appliance, 'stateDisk' | 'host'>) =>
  (): string | undefined =>
    stateDisk.refusal() ?? host.stopping()

/** While something stands in the way, changes are refused with the reason. */
export const gated = (operations: readonly Operation[], { waitingFor, closed }: Gates): Operation[] =>
  operations.map((operation) => {
    if (operation.method === 'GET') return operation
    const isEarly = early.has(operation.id)
    const isAlways = whileClosed.test(operation.id)
    return {
      ...operation,
      handle(op, request) {
        const reason = isEarly ? undefined : waitingFor()
        if (reason) throw new AppError('unavailable', `${reason}; try again in a moment`)
        const closedFor = isAlways || op.dryRun ? undefined : closed()
        if (closedFor) throw new AppError('unavailable', closedFor)
        return operation.handle(op, request)
      },
    }
  })
