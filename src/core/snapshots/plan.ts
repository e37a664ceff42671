import { randomUUID } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import { AppError, notFound } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Guest, Snapshot } from '../guests/guest.ts'
import { newGuestVolume } from '../guests/new-volume.ts'
import { readVolume } from '../guests/record.ts'
import type { NewVolume } from '../ledger/volume.ts'
import type { SnapshotCreateParams } from './create.ts'
import type { SnapshotRestoreParams } from './restore.ts'
import type { SnapshotRequest } from './snapshots.ts'

/** Throws `not_found`, with the field where one is named. */
export function readSnapshot(deps: GuestDeps, guest: string, name: string, field?: string): Snapshot {
  const row = deps.zone.db
    .select()
    .from(schema.snapshot)
    .where(and(eq(schema.snapshot.guest, guest), eq(schema.snapshot.name, name)))
    .get()
  if (row) return row
  const error = notFound('snapshot', name)
  throw field ? new AppError(error.code, error.message, { field }) : error
}

/** Rows of the volumes that will come to be, in the pool of the volume that each belongs to. */
const volumeBeside = (
  deps: GuestDeps,
  guest: Guest,
  beside: string,
  values: { kind: 'disk' | 'nvram' | 'memory'; sizeBytes?: number; parent?: string },
): NewVolume =>
  newGuestVolume({
    guest: guest.id,
    ...placeOf(deps, readVolume(deps.zone, beside).pool, values.kind),
    createdAt: deps.now(),
    ...values,
  })

const placeOf = (deps: GuestDeps, pool: string, kind: 'disk' | 'nvram' | 'memory') =>
  kind === 'disk' ? { pool, format: deps.store(pool).capabilities.diskFormat } : { pool: deps.filePool(pool) }

/** What a snapshot will be made of; ids are chosen here. */
export function planCreate(
  deps: GuestDeps,
  guest: Guest,
  request: SnapshotRequest,
  running: boolean,
): SnapshotCreateParams {
  const [system] = guest.disks
  const native = keepsInside(deps, guest)
  const id = randomUUID()
  return {
    id,
    guest: guest.id,
    guestName: guest.name,
    name: request.name,
    description: request.description,
    consistency: request.consistency,
    running,
    parent: guest.snapshot,
    layers: native
      ? []
      : guest.disks.map(({ index, volume, sizeBytes }) => ({
          index,
          frozen: volume,
          sizeBytes,
          overlay: volumeBeside(deps, guest, volume, { kind: 'disk', sizeBytes, parent: volume }),
        })),
    natives: native ? guest.disks.map((disk) => ({ ...disk, snapshot: `snap-${id}` })) : [],
    nvram: guest.nvram ? volumeBeside(deps, guest, guest.nvram, { kind: 'nvram' }) : null,
    memory:
      request.memory && system
        ? volumeBeside(deps, guest, system.volume, { kind: 'memory', sizeBytes: guest.memoryBytes })
        : null,
  }
}

/** All disks of a guest lie on pools of one kind, since they lie on one pool. */
const keepsInside = (deps: GuestDeps, guest: Guest): boolean =>
  guest.disks.some(
    ({ volume }) => deps.store(readVolume(deps.zone, volume).pool).capabilities.snapshots === 'native',
  )

export function planRestore(
  deps: GuestDeps,
  guest: Guest,
  snapshot: Snapshot,
  start: boolean,
): SnapshotRestoreParams {
  const layers = snapshot.layers.map(({ index, volume, sizeBytes, snapshot: inside }) => ({
    index,
    frozen: volume,
    ...(inside ? { snapshot: inside } : {}),
    sizeBytes,
    overlay: volumeBeside(deps, guest, volume, { kind: 'disk', sizeBytes, parent: volume }),
  }))
  const nvram = snapshot.nvram
    ? {
        from: snapshot.nvram,
        row: volumeBeside(deps, guest, snapshot.nvram, { kind: 'nvram' }),
      }
    : null
  const { disks, cores, memoryBytes, firmware, machine } = guest
  return {
    guest: guest.id,
    guestName: guest.name,
    snapshot: snapshot.id,
    name: snapshot.name,
    layers,
    nvram,
    memory: snapshot.memory,
    start,
    before: { disks, nvram: guest.nvram, snapshot: guest.snapshot, cores, memoryBytes, firmware, machine },
    after: {
      disks: layers.map(({ index, overlay, sizeBytes }) => ({ index, volume: overlay.id, sizeBytes })),
      nvram: nvram?.row.id ?? null,
      snapshot: snapshot.name,
      ...snapshot.definition,
    },
  }
}
