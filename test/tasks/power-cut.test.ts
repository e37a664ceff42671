// What the proofs of a crash do not see, because their guests run on: the guest has ended too when the step is repeated.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { readGuest, readVolume } from '../../src/core/guests/record.ts'
import { type SnapshotCreateParams, snapshotCreate } from '../../src/core/snapshots/create.ts'
import { snapshotDelete } from '../../src/core/snapshots/delete.ts'
import { planCreate, readSnapshot } from '../../src/core/snapshots/plan.ts'
import type { Step, StepContext } from '../../src/tasks/saga.ts'
import { openTestDatabase } from '../support/database.ts'
import { quietLog } from '../support/quiet-log.ts'
import { guestWithHistory } from './guest-history.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  guestId,
  ledgerProblems,
  leftovers,
  makeGuestWorld,
} from './guest-stage.ts'

async function runAll<P>(steps: readonly Step<P>[], params: P): Promise<void> {
  const context = contextOf(params)
  for (const step of steps) await step.run(context)
}

async function undoAll<P>(steps: readonly Step<P>[], params: P): Promise<void> {
  for (const step of steps.toReversed()) await step.undo?.(contextOf(params))
}

function contextOf<P>(params: P): StepContext<P> {
  return {
    taskId: 'task',
    params,
    outputs: {},
    signal: new AbortController().signal,
    progress: () => undefined,
    who: 'admin',
    requestId: 'request',
    commit: { who: 'admin', requestId: 'request' },
    log: quietLog(),
  }
}

/** Dies when QEMU has done its part, before anything is recorded. */
function dyingAfterCommit(deps: GuestDeps): GuestDeps {
  const { snapshots } = deps.hypervisor
  const commit: typeof snapshots.commit = async (...words) => {
    await snapshots.commit(...words)
    throw new Error('power cut')
  }
  return { ...deps, hypervisor: { ...deps.hypervisor, snapshots: { ...snapshots, commit } } }
}

describe('a loss of power', () => {
  it('after QEMU has merged a layer: what stood on it keeps its ground', async () => {
    const world = await makeGuestWorld()
    const database = openTestDatabase()
    try {
      await guestWithHistory(database, world, { running: true, snapshots: ['a', 'b', 'c'] })
      const deps = guestDeps(world, database)
      const { id, parent, memory, nvram } = readSnapshot(deps, guestId, 'b')
      const files = [memory, nvram].filter((file) => file !== null)
      const params = { guest: guestId, guestName: 'web1', snapshot: id, name: 'b', parent, files }
      await assert.rejects(runAll(snapshotDelete(dyingAfterCommit(deps)).steps, params), /power cut/)
      await deps.hypervisor.destroy(guestId)
      const again = guestDeps(world, database)
      const merge = snapshotDelete(again).steps.filter(({ name }) => name === 'merge' || name === 'define')
      await runAll(merge, params)
      assert.deepEqual(ledgerProblems(world, database), [])
      await again.hypervisor.start(
        JSON.parse(JSON.stringify(world.hypervisor.world.domains.get(guestId)?.defined)),
      )
    } finally {
      database.close()
      await destroyGuestWorld(world)
    }
  })

  describe('while a snapshot of a running guest is taken back', () => {
    const overlaysOnly = (deps: GuestDeps) =>
      snapshotCreate(deps).steps.filter(({ name }) => name === 'reserve' || name === 'overlays')

    /** A guest whose disks have just been switched to overlays. */
    async function switched(
      run: (parts: {
        world: GuestWorld
        deps: () => GuestDeps
        params: SnapshotCreateParams
        /** What a guest that writes to the file leaves in it, by the volume's id. */
        content(id: string): { get(): string; set(text: string): void }
      }) => Promise<void>,
    ): Promise<void> {
      const world = await makeGuestWorld()
      const database = openTestDatabase()
      try {
        await guestWithHistory(database, world, { running: true, snapshots: ['a'] })
        const deps = guestDeps(world, database)
        const wanted = { name: 'b', description: '', memory: false, consistency: 'crash' as const }
        const params = planCreate(deps, readGuest(deps.zone, guestId), wanted, true)
        const before = await leftovers(world, database)
        await runAll(overlaysOnly(deps), params)
        const file = (id: string) => world.volumes.inUse.get(readVolume(deps.zone, id).name)
        const content = (id: string) => ({
          get: () => String(file(id)?.content ?? ''),
          set(text: string) {
            const volume = file(id)
            assert.ok(volume, `the file of ${id} is there`)
            volume.content = Buffer.from(text)
          },
        })
        await run({ world, deps: () => guestDeps(world, database), params, content })
        await undoAll(overlaysOnly(guestDeps(world, database)), params)
        assert.deepEqual(ledgerProblems(world, database), [])
        const stopped = before.domains.map((domain) => domain.replace('running', 'stopped'))
        assert.deepEqual(await leftovers(world, database), { ...before, domains: stopped })
        await deps.hypervisor.start(
          JSON.parse(JSON.stringify(world.hypervisor.world.domains.get(guestId)?.defined)),
        )
      } finally {
        database.close()
        await destroyGuestWorld(world)
      }
    }

    it('and the guest has ended: what it wrote last lies in its own layers', () =>
      switched(async ({ world, deps, params, content }) => {
        for (const { overlay, index } of params.layers) content(overlay.id).set(`late ${index}`)
        world.hypervisor.world.guestPowersOff(guestId)
        await undoAll(overlaysOnly(deps()).slice(1), params)
        for (const { frozen, index } of params.layers) assert.equal(content(frozen).get(), `late ${index}`)
      }))

    it('and the guest ends after one disk was merged: what it wrote after that stays', () =>
      switched(async ({ world, deps, params, content }) => {
        const [first, second] = params.layers
        assert.ok(first && second)
        for (const { overlay } of params.layers) content(overlay.id).set('early')
        await assert.rejects(undoAll(overlaysOnly(dyingAfterCommit(deps())).slice(1), params), /power cut/)
        content(first.frozen).set('newer')
        world.hypervisor.world.guestPowersOff(guestId)
        await undoAll(overlaysOnly(deps()).slice(1), params)
        assert.equal(content(first.frozen).get(), 'newer')
        assert.equal(content(second.frozen).get(), 'early')
      }))

    it('and the guest ends while its disks are merged: the rest is done without it', () =>
      switched(async ({ world, deps, params, content }) => {
        for (const { overlay } of params.layers) content(overlay.id).set('early')
        const live = deps()
        const ending: GuestDeps = {
          ...live,
          hypervisor: {
            ...live.hypervisor,
            snapshots: {
              ...live.hypervisor.snapshots,
              commit: async () => {
                world.hypervisor.world.guestPowersOff(guestId)
                throw new Error('the domain is not running')
              },
            },
          },
        }
        await undoAll(overlaysOnly(ending).slice(1), params)
        for (const { frozen } of params.layers) assert.equal(content(frozen).get(), 'early')
      }))
  })
})
