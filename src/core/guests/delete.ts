import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step } from '../../tasks/saga.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import { hostEntry } from './address.ts'
import type { GuestDeps } from './deps.ts'
import { destroyEffect, quarantineEffects, withdrawAddressEffect } from './effects.ts'
import type { Snapshot } from './guest.ts'
import { isRunning } from './live.ts'
import { batches, bringBackAll, quarantineAll } from './quarantine.ts'
import { findGuest, guestVolumes, readGuest, readReadyGuest, remove, update } from './record.ts'
import { domainSpec } from './spec.ts'

export interface DeleteParams extends Expecting {
  id: string
  name: string
  force: boolean
}

export const guestDelete = (deps: GuestDeps): Saga<DeleteParams> => ({
  kind: 'guest.delete',
  title: ({ name }) => `Delete guest ${name}`,
  check: (params) => checkDelete(deps, params),
  steps: [
    reserve(deps),
    stop(deps),
    undefine(deps),
    dhcpEntry(deps),
    quarantine(deps),
    forgetSnapshots(deps),
    finish(deps),
  ],
})

const reserve = (deps: GuestDeps): Step<DeleteParams> => ({
  name: 'reserve',
  describe: ({ name }) => [{ effect: `mark guest '${name}' as being deleted` }],
  async run({ params, commit }) {
    const guest = readGuest(deps.zone, params.id)
    const snapshots = snapshotsOf(deps.zone, params.id)
    if (guest.state === 'deleting') return { snapshots }
    await checkDelete(deps, params)
    await deps.zone.commit({ ...commit, action: `guest.delete ${guest.name}` }, [
      update('guest', guest, { state: 'deleting' }),
    ])
    return { snapshots }
  },
  async undo({ params, commit }) {
    const guest = findGuest(deps.zone, params.id)
    if (guest?.state !== 'deleting') return
    await deps.zone.commit({ ...commit, action: `guest.delete ${guest.name} undone` }, [
      update('guest', guest, { state: 'ready' }),
    ])
  },
})

async function checkDelete(deps: GuestDeps, params: DeleteParams): Promise<void> {
  const { id, force } = params
  const guest = readReadyGuest(deps.zone, id)
  requireVersion(guest, params)
  if (isRunning(await deps.live.look(id)) && !force)
    throw new AppError(
      'conflict',
      `guest '${guest.name}' is still running; stop it first or delete with force`,
      { field: 'force' },
    )
}

const stop = (deps: GuestDeps): Step<DeleteParams> => ({
  name: 'stop',
  describe: ({ id, force }) => (force ? [destroyEffect(deps, id)] : []),
  async run({ params }) {
    await deps.hypervisor.destroy(params.id)
    deps.live.set(params.id, 'stopped')
  },
})

const undefine = (deps: GuestDeps): Step<DeleteParams> => ({
  name: 'undefine',
  describe: ({ id }) => [{ effect: 'remove the domain', commands: deps.hypervisor.commands.undefine(id) }],
  async run({ params }) {
    await deps.hypervisor.undefine(params.id)
    deps.live.set(params.id, 'absent')
  },
  async undo({ params }) {
    await deps.hypervisor.define(domainSpec(deps, readGuest(deps.zone, params.id)))
    deps.live.set(params.id, 'stopped')
  },
})

const dhcpEntry = (deps: GuestDeps): Step<DeleteParams> => ({
  name: 'address',
  describe: ({ id }) => [withdrawAddressEffect(deps, "remove the guest's entry from the DHCP server", id)],
  async run({ params }) {
    const entry = hostEntry(deps.zone, readGuest(deps.zone, params.id))
    if (entry) await deps.network.removeHost(entry.network, entry.host.mac)
    await deps.network.withdrawBoot(readGuest(deps.zone, params.id).mac)
  },
  async undo({ params }) {
    const entry = hostEntry(deps.zone, readGuest(deps.zone, params.id))
    if (entry) await deps.network.addHost(entry.network, entry.host)
  },
})

const quarantine = (deps: GuestDeps): Step<DeleteParams> => ({
  name: 'quarantine',
  weight: 2,
  describe: ({ id }) => {
    const all = 'move every volume of the guest into quarantine, from where it can be brought back'
    return quarantineEffects(deps, volumeIds(deps.zone, id), all)
  },
  run: ({ params, commit }) =>
    quarantineAll(deps, volumesInfo(params, commit), volumeIds(deps.zone, params.id)),
  undo: ({ params, commit }) =>
    bringBackAll(deps, volumesInfo(params, commit), volumeIds(deps.zone, params.id)),
})

const volumeIds = (zone: Zone, guestId: string) => guestVolumes(zone, guestId).map((volume) => volume.id)

const volumesInfo = ({ name }: DeleteParams, commit: { who: string; requestId: string }) => ({
  ...commit,
  action: `guest.delete ${name}: volumes`,
})

const snapshotsOf = (zone: Zone, guestId: string): Snapshot[] =>
  zone.db.select().from(schema.snapshot).where(eq(schema.snapshot.guest, guestId)).all()

const forgetSnapshots = (deps: GuestDeps): Step<DeleteParams> => ({
  name: 'forget snapshots',
  describe: () => [{ effect: "remove the guest's snapshot tree from the record" }],
  async run({ params, commit }) {
    const info = { ...commit, action: `guest.delete ${params.name}: snapshots` }
    for (const batch of batches(snapshotsOf(deps.zone, params.id)))
      await deps.zone.commit(
        info,
        batch.map((row) => remove('snapshot', row.id, row.version)),
      )
  },
  async undo({ params, commit, outputs }) {
    const { snapshots } = outputs['reserve'] as { snapshots: Snapshot[] }
    const there = new Set(snapshotsOf(deps.zone, params.id).map((row) => row.id))
    const info = { ...commit, action: `guest.delete ${params.name} undone: snapshots` }
    for (const batch of batches(snapshots.filter((row) => !there.has(row.id))))
      await deps.zone.commit(
        info,
        batch.map(
          ({ version: _, ...row }): Change => ({ table: 'snapshot', key: row.id, before: null, after: row }),
        ),
      )
  },
})

const finish = (deps: GuestDeps): Step<DeleteParams> => ({
  name: 'finish',
  irreversible: true,
  describe: ({ name }) => [{ effect: `remove guest '${name}' and its address from the record` }],
  async run({ params, commit, who }) {
    const guest = findGuest(deps.zone, params.id)
    if (!guest) return
    const addresses = deps.zone.db
      .select()
      .from(schema.address)
      .where(eq(schema.address.guest, guest.id))
      .all()
    const changes: Change[] = [
      ...addresses.map((row) => remove('address', row.key, row.version)),
      remove('guest', guest.id, guest.version),
      deps.logLine(who, `deleted guest ${guest.group}.${guest.name}`),
    ]
    await deps.zone.commit({ ...commit, action: `guest.delete ${guest.name} done` }, changes)
  },
})
