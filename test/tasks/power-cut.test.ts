// What the proofs of a crash do not see, because their guests run on: the guest has ended too when the step is repeated.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { snapshotDelete } from '../../src/core/snapshots/delete.ts'
import { readSnapshot } from '../../src/core/snapshots/plan.ts'
import type { Step, StepContext } from '../../src/tasks/saga.ts'
import { openTestDatabase } from '../support/database.ts'
import { quietLog } from '../support/quiet-log.ts'
import { guestWithHistory } from './guest-history.ts'
import { destroyGuestWorld, guestDeps, guestId, ledgerProblems, makeGuestWorld } from './guest-stage.ts'

async function runAll<P>(steps: readonly Step<P>[], params: P): Promise<void> {
  const context = {
    taskId: 'task',
    params,
    outputs: {},
    signal: new AbortController().signal,
    progress: () => undefined,
    who: 'admin',
    requestId: 'request',
    commit: { who: 'admin', requestId: 'request' },
    log: quietLog(),
  } satisfies StepContext<P>
  for (const step of steps) await step.run(context)
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
})
