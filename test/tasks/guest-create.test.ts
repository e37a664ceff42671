import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desiredFirewall } from '../../src/core/address-pools/desired.ts'
import { systemContext } from '../../src/core/context.ts'
import { guestCreate } from '../../src/core/guests/create.ts'
import { planGuest } from '../../src/core/guests/plan.ts'
import type { OpenDatabase } from '../../src/db/connect.ts'
import * as schema from '../../src/db/schema.ts'
import { createLocalZone } from '../../src/zone/local-zone.ts'
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

async function createParams(
  prepare: (database: OpenDatabase) => Promise<void> = prepareZone,
  asked = request,
) {
  const world = await makeGuestWorld()
  const database = openTestDatabase()
  await prepare(database)
  const params = await planGuest(guestDeps(world, database), systemContext(quietLog()), asked)
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
        volumes: ['image-cd.raw ready on null', 'image-debian.qcow2 ready on null'],
        addresses: [],
        snapshots: [],
        onPool: ['image-cd.raw', 'image-debian.qcow2'],
        inQuarantine: [],
        offers: [],
        partial: [],
        domains: [],
        hardware: [],
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
      assert.equal(left.onPool.length, 6)
      assert.deepEqual(ledgerProblems(world, database), [])
      return true
    },
  })
  assert.ok(report.crashes > 50, `only ${report.crashes} crashes were tried`)
})

/** The pool maps each guest to an external address. */
async function prepareMono(database: OpenDatabase): Promise<void> {
  await prepareZone(database)
  const zone = createLocalZone({ sqlite: database.sqlite, db: database.db })
  const { version, ...pool } = zone.db.select().from(schema.computePool).get()!
  const key = 'default/external/198.51.100.7'
  const span = { start: '198.51.100.7', end: '198.51.100.7', netmask: '255.255.255.0' }
  await zone.commit({ who: 'test', requestId: 'test', action: 'mono' }, [
    { table: 'computePool', key: 'default', before: version, after: { ...pool, networkMode: 'mono' } },
    { table: 'addressRange', key, before: null, after: { key, pool: 'default', type: 'external', ...span } },
  ])
}

test('guest.create claims the external address with the guest, and gives it back with it', async () => {
  const params = await createParams(prepareMono, { ...request, ports: [] })
  const mappingsOf = (database: OpenDatabase) => desiredFirewall(database.db, 'here').mappings
  const heldOf = (database: OpenDatabase) =>
    database.db
      .select()
      .from(schema.address)
      .all()
      .map(({ type }) => type)
      .sort()
  await proveSaga<GuestWorld, typeof params>({
    makeWorld: makeGuestWorld,
    destroyWorld: destroyGuestWorld,
    prepareDatabase: prepareMono,
    saga: (world, database) => guestCreate(guestDeps(world, database)),
    params,
    locks: { exclusive: [`guest:${params.guest.id}`] },
    async isClean(_world, database) {
      assert.deepEqual([mappingsOf(database), heldOf(database)], [[], []])
      return true
    },
    async isDone(world, database) {
      const [mapping, ...others] = mappingsOf(database)
      assert.equal(mapping?.external, '198.51.100.7')
      assert.deepEqual([others, heldOf(database)], [[], ['external', 'internal']])
      assert.deepEqual(ledgerProblems(world, database), [])
      return true
    },
  })
})
