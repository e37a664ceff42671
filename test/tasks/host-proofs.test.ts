import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { readGuest, update } from '../../src/core/guests/record.ts'
import { domainSpec } from '../../src/core/guests/spec.ts'
import { hostStartGuests, type StartGuestsParams } from '../../src/core/host/start-guests.ts'
import { hostStopGuests, type StopGuestsParams } from '../../src/core/host/stop-guests.ts'
import type { Saga } from '../../src/tasks/saga.ts'
import { testCommit } from '../support/zone.ts'
import { proveSaga } from './crash-proof.ts'
import { guestWithHistory } from './guest-history.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  guestId,
  leftovers,
  makeGuestWorld,
} from './guest-stage.ts'

interface Proof<P> {
  running: boolean
  saga(deps: GuestDeps): Saga<P>
  params: P
  /** What the only guest is in the end. */
  ends: 'running' | 'stopped'
}

async function prove<P>({ running, saga, params, ends }: Proof<P>): Promise<void> {
  await proveSaga<GuestWorld, P>({
    makeWorld: makeGuestWorld,
    destroyWorld: destroyGuestWorld,
    async prepareDatabase(database, world) {
      await guestWithHistory(database, world, { running })
      const { zone } = guestDeps(world, database)
      const guest = readGuest(zone, guestId)
      if (!guest.autoStart) await zone.commit(testCommit, [update('guest', guest, { autoStart: true })])
      world.before = await leftovers(world, database)
    },
    saga: (world, database) => saga(guestDeps(world, database)),
    params,
    locks: { exclusive: ['host:here'] },
    // A guest that was started or stopped stays so: only the rest must be as it was.
    async isClean(world, database) {
      assert.ok(world.before)
      const anyState = (text: string) => text.replace(/running|stopped/, 'any')
      const [now, before] = [await leftovers(world, database), world.before].map((left) => ({
        ...left,
        domains: left.domains.map(anyState),
      }))
      assert.deepEqual(now, before)
    },
    isDone: (world) => assert.equal(world.hypervisor.world.domains.get(guestId)?.state, ends),
  })
}

describe('what a host does with its guests survives an error, a crash and a repeat at every step', () => {
  test('host.start_guests', () =>
    prove<StartGuestsParams>({
      running: false,
      saga: (deps) =>
        hostStartGuests({
          zone: deps.zone,
          async startGuest(id) {
            await deps.hypervisor.start(domainSpec(deps, readGuest(deps.zone, id), { boot: 'disk' }))
            return true
          },
        }),
      params: { cell: 'here', parallel: 2 },
      ends: 'running',
    }))

  test('host.stop_guests', () =>
    prove<StopGuestsParams>({
      running: true,
      saga: ({ zone, cell, hypervisor, live }) => hostStopGuests({ zone, cell, hypervisor, live, pollMs: 1 }),
      params: { cell: 'here', timeoutSeconds: 5 },
      ends: 'stopped',
    }))
})
