import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdoptParams, guestAdopt } from '../../src/core/unmanaged/adopt.ts'
import { planAdoption } from '../../src/core/unmanaged/plan.ts'
import { openTestDatabase } from '../support/database.ts'
import { foreignId, makeForeign } from '../support/foreign-domain.ts'
import { proveSaga } from './crash-proof.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  leftovers,
  makeGuestWorld,
  prepareZone,
} from './guest-stage.ts'

/** The same in every world. */
async function paramsFor(running: boolean): Promise<AdoptParams> {
  const world = await makeGuestWorld()
  const database = openTestDatabase()
  try {
    await prepareZone(database)
    await makeForeign(world, { running })
    world.hypervisor.world.foreign.set(foreignId, { autoStart: true })
    const request = { owner: 'admin', group: 'manager', reconnect: false }
    return await planAdoption(guestDeps(world, database), foreignId, request)
  } finally {
    database.close()
    await destroyGuestWorld(world)
  }
}

for (const running of [false, true])
  test(`guest.adopt of a ${running ? 'running' : 'stopped'} domain survives an error, a crash and a repeat at every step`, async () => {
    const params = await paramsFor(running)
    await proveSaga<GuestWorld, AdoptParams>({
      makeWorld: async () => {
        const world = await makeGuestWorld()
        await makeForeign(world, { running })
        world.hypervisor.world.foreign.set(foreignId, { autoStart: true })
        return world
      },
      destroyWorld: destroyGuestWorld,
      async prepareDatabase(database, world) {
        await prepareZone(database)
        world.before = await leftovers(world, database)
      },
      saga: (world, database) => guestAdopt(guestDeps(world, database)),
      params,
      locks: { exclusive: [`guest:${foreignId}`] },
      async isClean(world, database) {
        assert.deepEqual(await leftovers(world, database), world.before)
        assert.equal(world.hypervisor.world.foreign.get(foreignId)?.autoStart, true)
        return true
      },
      async isDone(world, database) {
        const left = await leftovers(world, database)
        assert.deepEqual(left.guests, ['legacy ready null'])
        assert.deepEqual(left.domains, [running ? 'legacy running' : 'manager.legacy stopped'])
        assert.deepEqual(left.addresses, [foreignId])
        assert.equal(left.hosts.length, 1)
        assert.ok(left.volumes.includes('legacy.qcow2 ready on null'))
        assert.equal(world.hypervisor.world.foreign.get(foreignId)?.autoStart, false)
        return true
      },
    })
  })
