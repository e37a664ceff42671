import * as v from 'valibot'
import type { Snapshot } from '../../core/guests/guest.ts'
import type { Snapshots } from '../../core/snapshots/snapshots.ts'
import { type Operation, operation } from '../operation.ts'
import { idParams } from './guest-schemas.ts'
import { timeText } from './guest-wire.ts'
import { launched } from './launched.ts'
import { recordTag } from './match.ts'

const tag = 'Snapshots'
const path = '/instances/:id/snapshots'

const nameParams = v.object({ ...idParams.entries, name: v.string() })

const treeReply = v.pipe(
  v.record(
    v.string(),
    v.object({
      is_root: v.optional(v.boolean()),
      is_current: v.optional(v.boolean()),
      backing: v.optional(v.string()),
    }),
  ),
  v.metadata({ ref: 'SnapshotTree' }),
)

const snapshotReply = v.pipe(
  v.object({
    running: v.boolean(),
    description: v.optional(v.string()),
    create_time: v.string(),
    memory: v.boolean(),
    consistency: v.string(),
    size: v.optional(
      v.pipe(
        v.number(),
        v.description('Bytes that it takes on its pools; left out where they keep it inside the disks.'),
      ),
    ),
  }),
  v.metadata({ ref: 'Snapshot' }),
)

/** A map by name, as the original's clients read it. */
export const snapshotTree = (snapshots: readonly Snapshot[], current: string | null) =>
  Object.fromEntries(
    snapshots.map((snapshot) => [
      snapshot.name,
      {
        ...(snapshot.parent === null ? { is_root: true } : { backing: snapshot.parent }),
        ...(snapshot.name === current ? { is_current: true } : {}),
      },
    ]),
  )

export const snapshotOperations = ({ snapshots }: { snapshots: Snapshots }): Operation[] => [
  operation({
    id: 'snapshot.list',
    method: 'GET',
    path,
    summary: 'The snapshot tree, keyed by name',
    tag,
    params: idParams,
    reply: treeReply,
    access: 'guest.read',
    handle(op, { params }) {
      const tree = snapshots.list(op, params.id)
      const data = snapshotTree(tree.snapshots, tree.current)
      return { data, headers: { ETag: recordTag(tree.version, data) } }
    },
  }),
  operation({
    id: 'snapshot.create',
    method: 'POST',
    path,
    summary: 'Take a snapshot of a stopped or running guest',
    tag,
    params: idParams,
    body: v.object({
      name: v.string('must be text'),
      description: v.optional(v.string('must be text'), ''),
      memory: v.optional(
        v.pipe(v.boolean('must be true or false'), v.description('Keep the memory of the running guest.')),
        false,
      ),
      consistency: v.optional(
        v.pipe(
          v.picklist(['crash', 'filesystem'], 'must be crash or filesystem'),
          v.description('filesystem freezes the file systems through the guest agent.'),
        ),
        'crash',
      ),
    }),
    status: [200, 202],
    access: 'guest.write',
    handle: async (op, { params, body }) => launched(await snapshots.create(op, params.id, body)),
  }),
  operation({
    id: 'snapshot.restore',
    method: 'PUT',
    path,
    summary: 'Go back to a snapshot; a running guest is ended first',
    tag,
    params: idParams,
    body: v.object({
      target: v.string('must be text'),
      start: v.optional(
        v.pipe(v.boolean('must be true or false'), v.description('Start it where no memory was kept.')),
        false,
      ),
    }),
    status: [200, 202],
    access: 'guest.write',
    handle: async (op, { params, body }) => launched(await snapshots.restore(op, params.id, body)),
  }),
  operation({
    id: 'snapshot.get',
    method: 'GET',
    path: `${path}/:name`,
    summary: 'A snapshot',
    tag,
    params: nameParams,
    query: v.object({
      size: v.optional(
        v.pipe(
          v.picklist(['true', 'false'], 'must be true or false'),
          v.description('Whether the pools are asked for its size, too.'),
        ),
      ),
    }),
    reply: snapshotReply,
    access: 'guest.read',
    async handle(op, { params, query }) {
      const snapshot = snapshots.get(op, params.id, params.name)
      const size = query.size === 'true' ? await snapshots.sizeBytes(op, params.id, params.name) : undefined
      const data = {
        running: snapshot.running,
        description: snapshot.description,
        create_time: timeText(snapshot.createdAt),
        memory: snapshot.memory !== null,
        consistency: snapshot.consistency,
        ...(size === undefined ? {} : { size }),
      }
      const tag = size === undefined ? `"${snapshot.version}"` : recordTag(snapshot.version, data)
      return { data, headers: { ETag: tag } }
    },
  }),
  operation({
    id: 'snapshot.delete',
    method: 'DELETE',
    path: `${path}/:name`,
    summary: 'Delete a snapshot; what stands on it stays as it is',
    tag,
    params: nameParams,
    status: [200, 202],
    access: 'guest.write',
    handle: async (op, { params }) => launched(await snapshots.delete(op, params.id, params.name)),
  }),
]
