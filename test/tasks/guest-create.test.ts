import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemContext } from '../../src/core/context.ts'
import { guestCreate } from '../../src/core/guests/create.ts'
import { planGuest } from '../../src/core/guests/plan.ts'
import { openTestDatabase } from '../support/database.ts'
import { quietLog } from '../support/quiet-log.ts'
import { proveSaga } from './crash-proof.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  ledgerProblems,
  leftovers,
  makeGuestWorld,
  prepareZone,
  request,
} from './guest-stage.ts'

async function createParams() {
  const world = await makeGuestWorld()
  const database = openTestDatabase()
  await prepareZone(database)
  const params = await planGuest(guestDeps(world, database), systemContext(quietLog()), request)
  database.close()
  await destroyGuestWorld(world)
  return params
}

test('guest.create survives an error, a crash and a repeat at every step', async () => {
  const params = await createParams()
  const report = await proveSaga<GuestWorld, typeof params>({
    makeWorld: makeGuestWorld,
    destroyWorld: destroyGuestWorld,
    prepareDatabase: (database) => prepareZone(database),
    saga: (world, database) => guestCreate(guestDeps(world, database)),
    params,
    locks: { exclusive: [`guest:${params.guest.id}`] },
    async isClean(world, database) {
      assert.deepEqual(await leftovers(world, database), {
        guests: [],
        volumes: ['image-debian.qcow2 ready on null'],
        addresses: [],
        snapshots: [],
        onPool: ['image-debian.qcow2'],
        inQuarantine: [],
        offers: [],
        partial: [],
        domains: [],
        hosts: [],
      })
      return true
    },
    async isDone(world, database) {
      const left = await leftovers(world, database)
      assert.deepEqual(left.guests, ['web1 ready null'])
      assert.deepEqual(left.domains, ['manager.web1 running'])
      assert.equal(left.addresses.length, 1)
      assert.equal(left.hosts.length, 1)
      assert.equal(left.onPool.length, 5)
      assert.deepEqual(ledgerProblems(world, database), [])
      return true
    },
  })
  assert.ok(report.crashes > 50, `only ${report.crashes} crashes were tried`)
})
