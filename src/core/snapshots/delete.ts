import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step } from '../../tasks/saga.ts'
import { notFound } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { defineEffect, quarantineEffects, touching } from '../guests/effects.ts'
import type { Snapshot } from '../guests/guest.ts'
import { batches, quarantineAll } from '../guests/quarantine.ts'
import { readGuest, readReadyGuest, readVolume, remove, update } from '../guests/record.ts'
import { domainSpec } from '../guests/spec.ts'
import { mergeHidden } from './layers.ts'
import { dropNative } from './native.ts'

export interface SnapshotDeleteParams extends Expecting {
  guest: string
  guestName: string
  snapshot: string
  name: string
  parent: string | null
  /** Where its pool keeps it inside the disks. */
  natives?: { volume: string; snapshot: string }[]
  /** Volumes that belong to the snapshot alone: memory, copy of the UEFI variables. */
  files: string[]
}

/** The snapshot leaves the tree at once; its layers are then merged with their only child, or wait hidden. */
export const snapshotDelete = (deps: GuestDeps): Saga<SnapshotDeleteParams> => ({
  kind: 'snapshot.delete',
  title: ({ name, guestName }) => `Delete snapshot ${name} of ${guestName}`,
  check: (params) => checkDelete(deps, params),
  steps: [reserve(deps), forget(deps), dropInside(deps), clearFiles(deps), merge(deps), define(deps)],
})

const find = (deps: GuestDeps, id: string): Snapshot | undefined =>
  deps.zone.db.select().from(schema.snapshot).where(eq(schema.snapshot.id, id)).get()

const reserve = (deps: GuestDeps): Step<SnapshotDeleteParams> => ({
  name: 'reserve',
  describe: () => [],
  run: async ({ params }) => checkDelete(deps, params),
})

function checkDelete(deps: GuestDeps, params: SnapshotDeleteParams): void {
  readReadyGuest(deps.zone, params.guest)
  const snapshot = find(deps, params.snapshot)
  if (!snapshot) throw notFound('snapshot', params.name)
  requireVersion(snapshot, params)
}

const forget = (deps: GuestDeps): Step<SnapshotDeleteParams> => ({
  name: 'forget',
  irreversible: true,
  describe: ({ name, parent }) => [
    { effect: `remove snapshot '${name}' from the tree; what stood on it stands on ${parent ?? 'the root'}` },
  ],
  async run({ params, commit, who }) {
    const info = { ...commit, action: `snapshot.delete ${params.guestName}/${params.name}` }
    const snapshot = find(deps, params.snapshot)
    if (!snapshot) return
    // As it is now: in line, the one above it may have been deleted meanwhile.
    const { parent } = snapshot
    await reparent(deps, { ...params, parent }, info)
    const guest = readGuest(deps.zone, params.guest)
    await deps.zone.commit(info, [
      remove('snapshot', snapshot.id, snapshot.version),
      ...snapshot.layers
        .filter((layer) => layer.snapshot === undefined)
        .map((layer) => update('volume', readVolume(deps.zone, layer.volume), { hidden: true })),
      // Always: its version is that of its tree.
      update('guest', guest, guest.snapshot === params.name ? { snapshot: parent } : {}),
      deps.logLine(who, `deleted snapshot ${params.name} of guest ${guest.group}.${guest.name}`),
    ])
  },
})

/** Children move to the grandparent first: there may be more of them than one commit takes. */
async function reparent(
  deps: GuestDeps,
  params: SnapshotDeleteParams,
  info: { who: string; requestId: string; action: string },
): Promise<void> {
  const rows = deps.zone.db
    .select()
    .from(schema.snapshot)
    .where(and(eq(schema.snapshot.guest, params.guest), eq(schema.snapshot.parent, params.name)))
    .all()
  for (const batch of batches(rows))
    await deps.zone.commit(
      info,
      batch.map((row) => update('snapshot', row, { parent: params.parent })),
    )
}

const dropInside = (deps: GuestDeps): Step<SnapshotDeleteParams> => ({
  name: 'disks',
  describe: ({ natives = [] }) =>
    natives.length > 0 ? [{ effect: `remove the snapshot inside ${natives.length} disks` }] : [],
  run: ({ params, signal }) => dropNative(deps, params.natives ?? [], signal),
})

const clearFiles = (deps: GuestDeps): Step<SnapshotDeleteParams> => ({
  name: 'files',
  describe: ({ files }) =>
    files.length > 0
      ? quarantineEffects(deps, files, `move ${files.length} files of the snapshot into quarantine`)
      : [],
  run: ({ params, commit }) =>
    quarantineAll(deps, { ...commit, action: `snapshot.delete ${params.guestName}: files` }, params.files),
})

/** What merging and defining anew need to know. */
type Merged = Pick<SnapshotDeleteParams, 'guest' | 'guestName'>

/** For layers that had to wait when their snapshot was deleted. */
export const snapshotMerge = (deps: GuestDeps): Saga<Merged> => ({
  kind: 'snapshot.merge',
  title: ({ guestName }) => `Merge layers of ${guestName}`,
  steps: [check(deps), merge(deps), define(deps)],
})

const check = (deps: GuestDeps): Step<Merged> => ({
  name: 'check',
  describe: () => [],
  run: async ({ params }) => void readReadyGuest(deps.zone, params.guest),
})

const merge = (deps: GuestDeps): Step<Merged> => ({
  name: 'merge',
  irreversible: true,
  weight: 8,
  describe: ({ guest }) => [
    {
      effect:
        "merge the snapshot's layers with their only child, or keep them hidden while several stand on them",
      ...touching(deps, guest, 'its disks are merged while it runs'),
    },
  ],
  async run({ params, commit, progress, signal }) {
    readReadyGuest(deps.zone, params.guest)
    await deps.live.look(params.guest)
    await mergeHidden({
      deps,
      guest: params.guest,
      info: { ...commit, action: `snapshot.delete ${params.guestName}: merge` },
      progress,
      signal,
    })
  },
})

/** Libvirt's persistent definition may name a chain that has just become shorter. */
const define = (deps: GuestDeps): Step<Merged> => ({
  name: 'define',
  describe: ({ guest }) => [defineEffect(deps, 'define the domain anew', { id: guest })],
  run: ({ params }) => deps.hypervisor.define(domainSpec(deps, readGuest(deps.zone, params.guest))),
})
