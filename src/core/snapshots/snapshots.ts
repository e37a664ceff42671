import { asc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { requireVersion } from '../expected-version.ts'
import { settleMs } from '../guests/changes.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Guest, Snapshot } from '../guests/guest.ts'
import { isRunning } from '../guests/live.ts'
import { readGuest, readReadyGuest, readVolume } from '../guests/record.ts'
import { requirePermission } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import { type SnapshotCreateParams, snapshotCreate } from './create.ts'
import { type SnapshotDeleteParams, snapshotDelete, snapshotMerge } from './delete.ts'
import { planCreate, planRestore, readSnapshot } from './plan.ts'
import { type SnapshotRestoreParams, snapshotRestore } from './restore.ts'

export interface SnapshotRequest {
  name: string
  description: string
  /** Keep the memory of a running guest. */
  memory: boolean
  consistency: 'crash' | 'filesystem'
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,127}$/u
const maxDescription = 1024

interface SnapshotTree {
  snapshots: Snapshot[]
  current: string | null
  version: number
}

export type Snapshots = ReturnType<typeof createSnapshots>

/** The snapshot tree of a guest; it is our record, libvirt keeps none. */
export function createSnapshots(deps: GuestDeps) {
  deps.tasks.define(snapshotCreate(deps))
  deps.tasks.define(snapshotRestore(deps))
  deps.tasks.define(snapshotDelete(deps))
  deps.tasks.define(snapshotMerge(deps))
  return {
    /** By time; `current` is the one that the guest's active layers stand on, `version` the guest's: the tree's every change moves it. */
    list(op: OperationContext, guestId: string): SnapshotTree {
      const guest = readGuest(deps.zone, guestId)
      requirePermission(op, 'guest.read', guest)
      const snapshots = deps.zone.db
        .select()
        .from(schema.snapshot)
        .where(eq(schema.snapshot.guest, guestId))
        .orderBy(asc(schema.snapshot.createdAt), asc(schema.snapshot.name))
        .all()
      return { snapshots, current: guest.snapshot, version: guest.version }
    },

    get(op: OperationContext, guestId: string, name: string): Snapshot {
      requirePermission(op, 'guest.read', readGuest(deps.zone, guestId))
      return readSnapshot(deps, guestId, name)
    },

    /**
     * How many bytes its layers and files take on their pools; undefined where a pool keeps snapshots inside the disks and
     * cannot tell. Asks the pools.
     */
    async sizeBytes(op: OperationContext, guestId: string, name: string): Promise<number | undefined> {
      const { layers, memory, nvram } = this.get(op, guestId, name)
      if (layers.some((layer) => layer.snapshot !== undefined)) return undefined
      const ids = [...layers.map(({ volume }) => volume), memory, nvram].filter((id) => id !== null)
      const volumes = ids.map((id) => readVolume(deps.zone, id))
      const infos = await Promise.all(volumes.map(({ pool, name: file }) => deps.store(pool).info(file)))
      return infos.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0)
    },

    async create(op: OperationContext, guestId: string, request: SnapshotRequest): Promise<Launched> {
      const guest = writable(deps, op, guestId)
      requireVersion(guest, op)
      const running = isRunning(await deps.live.look(guestId))
      checkRequest(deps, guest, request, running)
      const params = planCreate(deps, guest, request, running)
      return launch<SnapshotCreateParams>(op, deps.tasks, {
        kind: 'snapshot.create',
        subject: `guest:${guestId}`,
        params,
        locks: { exclusive: [`guest:${guestId}`] },
        settleMs,
      })
    },

    /** Ends a running guest; afterwards it runs only if memory was kept or `start` is asked for. */
    restore(
      op: OperationContext,
      guestId: string,
      request: { target: string; start: boolean },
    ): Promise<Launched> {
      const guest = writable(deps, op, guestId)
      requireVersion(guest, op)
      const snapshot = readSnapshot(deps, guestId, request.target, 'target')
      return launch<SnapshotRestoreParams>(op, deps.tasks, {
        kind: 'snapshot.restore',
        subject: `guest:${guestId}`,
        params: planRestore(deps, guest, snapshot, request.start),
        locks: { exclusive: [`guest:${guestId}`] },
        settleMs,
      })
    },

    delete(op: OperationContext, guestId: string, name: string): Promise<Launched> {
      const guest = writable(deps, op, guestId)
      const snapshot = readSnapshot(deps, guestId, name)
      requireVersion(snapshot, op)
      return launch<SnapshotDeleteParams>(op, deps.tasks, {
        kind: 'snapshot.delete',
        subject: `guest:${guestId}`,
        params: {
          guest: guestId,
          guestName: guest.name,
          snapshot: snapshot.id,
          name,
          parent: snapshot.parent,
          natives: snapshot.layers.flatMap(({ volume, snapshot: inside }) =>
            inside ? [{ volume, snapshot: inside }] : [],
          ),
          files: [snapshot.memory, snapshot.nvram].filter((id) => id !== null),
        },
        locks: { exclusive: [`guest:${guestId}`] },
        settleMs,
      })
    },
  }
}

function writable(deps: GuestDeps, op: OperationContext, id: string): Guest {
  requirePermission(op, 'guest.write', readGuest(deps.zone, id))
  return readReadyGuest(deps.zone, id)
}

function checkRequest(deps: GuestDeps, guest: Guest, request: SnapshotRequest, running: boolean): void {
  if (!namePattern.test(request.name))
    throw invalid(
      'name',
      "name must be 1 to 128 letters, digits, '.', '-' or '_' and begin with a letter or digit",
    )
  if (request.description.length > maxDescription)
    throw invalid('description', `description must be at most ${maxDescription} characters`)
  if (request.memory && !running)
    throw new AppError('conflict', `guest '${guest.name}' does not run, so there is no memory to keep`, {
      field: 'memory',
    })
  if (request.consistency === 'filesystem' && !running)
    throw new AppError(
      'conflict',
      `guest '${guest.name}' does not run: a snapshot of it is consistent anyway; leave 'consistency' out`,
      { field: 'consistency' },
    )
  if (request.consistency === 'filesystem' && request.memory)
    throw invalid(
      'consistency',
      "consistency 'filesystem' cannot go with memory, which would come back frozen; it holds what the disks lack: leave one of them out",
    )
  for (const disk of guest.disks) {
    const { pool } = readVolume(deps.zone, disk.volume)
    if (deps.store(pool).capabilities.snapshots === 'none')
      throw new AppError(
        'unsupported',
        `disk ${disk.index} lies on storage pool '${pool}', which cannot take snapshots`,
      )
  }
}
