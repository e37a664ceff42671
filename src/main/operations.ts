import { eq } from 'drizzle-orm'
import { createDoctorService } from '../core/doctor/doctor.ts'
import { AppError } from '../core/errors.ts'
import { prefixOf } from '../core/guests/address.ts'
import * as schema from '../db/schema.ts'
import { addressPoolOperations } from '../http/nano/address-pools.ts'
import { cellOperations } from '../http/nano/cells.ts'
import { computePoolOperations } from '../http/nano/compute-pools.ts'
import { diskImageOperations } from '../http/nano/disk-images.ts'
import { doctorOperations } from '../http/nano/doctor.ts'
import type { GuestNames } from '../http/nano/guest-wire.ts'
import { guestOperations } from '../http/nano/guests.ts'
import { instanceOperations } from '../http/nano/instances.ts'
import { journalOperations } from '../http/nano/journal.ts'
import { ledgerOperations } from '../http/nano/ledger.ts'
import { logOperations } from '../http/nano/logs.ts'
import { mediaImageOperations } from '../http/nano/media-images.ts'
import { monitorChannelOperations } from '../http/nano/monitor-channels.ts'
import { roleOperations } from '../http/nano/roles.ts'
import { sessionOperations } from '../http/nano/sessions.ts'
import { settingOperations } from '../http/nano/settings.ts'
import { snapshotOperations } from '../http/nano/snapshots.ts'
import { storagePoolOperations } from '../http/nano/storage-pools.ts'
import { systemOperations } from '../http/nano/system.ts'
import { taskOperations } from '../http/nano/tasks.ts'
import { tokenOperations } from '../http/nano/tokens.ts'
import { uploadOperations } from '../http/nano/uploads.ts'
import { userGroupOperations } from '../http/nano/user-groups.ts'
import { userOperations } from '../http/nano/users.ts'
import type { Operation } from '../http/operation.ts'
import type { Zone } from '../zone/zone.ts'
import type { Appliance } from './appliance.ts'
import { type Examined, lookAtHost } from './doctor.ts'

/** Every operation of the main API. */
export function mainOperations(appliance: Appliance, examined: Examined): Operation[] {
  const { zone } = appliance
  const doctor = createDoctorService(() => lookAtHost(examined, poolTargets(zone)))
  const services = { ...appliance, guestNames: guestNames(zone), doctor }
  return [
    ...systemOperations(services),
    ...sessionOperations(services),
    ...userOperations(services),
    ...userGroupOperations(services),
    ...roleOperations(services),
    ...tokenOperations(services),
    ...computePoolOperations(services),
    ...cellOperations(services),
    ...storagePoolOperations(services),
    ...ledgerOperations(services),
    ...addressPoolOperations(services),
    ...mediaImageOperations(services),
    ...diskImageOperations(services),
    ...uploadOperations(services),
    ...guestOperations(services),
    ...instanceOperations(services),
    ...snapshotOperations(services),
    ...monitorChannelOperations(services),
    ...taskOperations(services),
    ...logOperations(services),
    ...journalOperations(services),
    ...settingOperations(services),
    ...doctorOperations(services),
  ]
}

const poolTargets = (zone: Zone): string[] =>
  zone.db
    .select()
    .from(schema.storagePool)
    .all()
    .map(({ target }) => target)

function guestNames(zone: Zone): GuestNames {
  return {
    host: (name) => zone.db.select().from(schema.cell).where(eq(schema.cell.name, name)).get()?.address ?? '',
    prefix: (pool, address) => prefixOf(zone, pool, address),
    media: (id) => zone.db.select().from(schema.image).where(eq(schema.image.id, id)).get()?.name ?? id,
  }
}

/** What may be changed before the appliance is up: one's own session, and the first administrator. */
const early = new Set(['session.create', 'session.renew', 'session.delete', 'system.setup'])

/** Until then, changes are refused with the reason. */
export const gated = (operations: readonly Operation[], waitingFor: () => string | undefined): Operation[] =>
  operations.map((operation) =>
    operation.method === 'GET' || early.has(operation.id)
      ? operation
      : {
          ...operation,
          handle(op, request) {
            const reason = waitingFor()
            if (reason) throw new AppError('unavailable', `${reason}; try again in a moment`)
            return operation.handle(op, request)
          },
        },
  )
