import { randomUUID } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import { AppError, notFound } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Guest, Snapshot, Volume } from '../guests/guest.ts'
import { readVolume } from '../guests/record.ts'
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

/** Rows of the volumes that will come to be; ids are chosen here, once. */
function newVolume(
  deps: GuestDeps,
  guest: Guest,
  pool: string,
  values: Partial<Volume>,
): Omit<Volume, 'version'> {
  const id = randomUUID()
  const kind = values.kind ?? 'disk'
  const extension = { disk: 'qcow2', nvram: 'fd', memory: 'save', seed: 'iso', media: 'iso', image: 'qcow2' }[
    kind
  ]
  return {
    id,
    pool,
    name: `${kind}-${id}.${extension}`,
    kind,
    state: 'creating',
    ownerKind: 'guest',
    owner: guest.id,
    format: kind === 'disk' ? 'qcow2' : 'raw',
    sizeBytes: 0,
    parent: null,
    hidden: false,
    quarantinedAt: null,
    createdAt: deps.now(),
    ...values,
  }
}

/** What a snapshot will be made of; ids are chosen here. */
export function planCreate(
  deps: GuestDeps,
  guest: Guest,
  request: SnapshotRequest,
  running: boolean,
): SnapshotCreateParams {
  const poolOf = (volume: string) => readVolume(deps.zone, volume).pool
  const [system] = guest.disks
  return {
    id: randomUUID(),
    guest: guest.id,
    guestName: guest.name,
    name: request.name,
    description: request.description,
    consistency: request.consistency,
    running,
    parent: guest.snapshot,
    layers: guest.disks.map(({ index, volume, sizeBytes }) => ({
      index,
      frozen: volume,
      sizeBytes,
      overlay: newVolume(deps, guest, poolOf(volume), { sizeBytes, parent: volume }),
    })),
    nvram: guest.nvram ? newVolume(deps, guest, poolOf(guest.nvram), { kind: 'nvram' }) : null,
    memory:
      request.memory && system
        ? newVolume(deps, guest, poolOf(system.volume), { kind: 'memory', sizeBytes: guest.memoryBytes })
        : null,
  }
}

export function planRestore(
  deps: GuestDeps,
  guest: Guest,
  snapshot: Snapshot,
  start: boolean,
): SnapshotRestoreParams {
  const layers = snapshot.layers.map(({ index, volume, sizeBytes }) => ({
    index,
    frozen: volume,
    sizeBytes,
    overlay: newVolume(deps, guest, readVolume(deps.zone, volume).pool, { sizeBytes, parent: volume }),
  }))
  const nvram = snapshot.nvram
    ? {
        from: snapshot.nvram,
        row: newVolume(deps, guest, readVolume(deps.zone, snapshot.nvram).pool, { kind: 'nvram' }),
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
