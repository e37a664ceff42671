// A proof of a guest's task in its surroundings, as `proveSaga` wants it.
import assert from 'node:assert/strict'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import type { OpenDatabase } from '../../src/db/connect.ts'
import type { Saga } from '../../src/tasks/saga.ts'
import { openTestDatabase } from '../support/database.ts'
import { proveSaga } from './crash-proof.ts'
import { guestWithHistory, type History, paramsFor } from './guest-history.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  guestId,
  type Leftovers,
  ledgerProblems,
  leftovers,
  makeGuestWorld,
} from './guest-stage.ts'

export interface Proof<P> {
  history: History
  saga(deps: GuestDeps, world: GuestWorld): Saga<P>
  params(deps: GuestDeps): P | Promise<P>
  /** How the world differs once the task is done. */
  done(left: Leftovers, world: GuestWorld, database: OpenDatabase): void
  /** What an undone task may have changed all the same, e.g. that the guest is stopped now. */
  tolerate?(left: Leftovers): Leftovers
}

export async function prove<P>({
  history,
  saga,
  params,
  done,
  tolerate = (left) => left,
}: Proof<P>): Promise<void> {
  const makeWorld = async () => {
    const world = await makeGuestWorld()
    if (history.native) world.volumes.keepSnapshotsInside()
    return world
  }
  const made = await paramsFor(history, params, { makeWorld, openDatabase: openTestDatabase })
  await proveSaga<GuestWorld, P>({
    makeWorld,
    destroyWorld: destroyGuestWorld,
    async prepareDatabase(database, world) {
      await guestWithHistory(database, world, history)
      world.before = await leftovers(world, database)
    },
    saga: (world, database) => saga(guestDeps(world, database), world),
    params: made,
    locks: { exclusive: [`guest:${guestId}`] },
    async isClean(world, database) {
      assert.ok(world.before)
      assert.deepEqual(tolerate(await leftovers(world, database)), tolerate(world.before))
      assert.deepEqual(ledgerProblems(world, database), [])
      return true
    },
    async isDone(world, database) {
      assert.deepEqual(ledgerProblems(world, database), [])
      done(await leftovers(world, database), world, database)
      return true
    },
  })
}
