import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eq } from 'drizzle-orm'
import * as schema from '../../../src/db/schema.ts'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const take = (id: string, name: string) => world.call('POST', `/instances/${id}/snapshots/?wait=30`, { name })
const restore = (id: string, target: string) =>
  world.call('PUT', `/instances/${id}/snapshots/?wait=30`, { target })
const remove = (id: string, name: string) =>
  world.call('DELETE', `/instances/${id}/snapshots/${name}?wait=30`)

/** Ids of the layers below the guest's system disk, the active one first. */
function layersOf(id: string): string[] {
  const { db } = world.appliance.zone
  const guest = db.select().from(schema.guest).where(eq(schema.guest.id, id)).get()
  const layers: string[] = []
  for (let next: string | null | undefined = guest?.disks[0]?.volume; next; ) {
    layers.push(next)
    next = db.select().from(schema.volume).where(eq(schema.volume.id, next)).get()?.parent
  }
  return layers
}

/** What was asked for in the same moment stands in line; its plan was made before the other one changed the layers. */
describe('snapshots that wait for one another', () => {
  for (const auto_start of [false, true])
    it(`a second one is refused rather than lose what was written, ${auto_start ? 'running' : 'stopped'}`, async () => {
      const id = await makeGuest(world, { name: `twice-${auto_start}`, auto_start })
      const answers = await Promise.all([take(id, 'one'), take(id, 'two')])
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
      assert.match(answers.find(({ status }) => status === 409)?.message ?? '', /just changed/)
      assert.equal(layersOf(id).length, 2)
      assert.equal((await take(id, 'three')).status, 200)
      assert.equal(layersOf(id).length, 3)
    })

  it('a restore does not retire a layer that a snapshot has frozen meanwhile', async () => {
    const id = await makeGuest(world, { name: 'frozen' })
    await take(id, 'base')
    const answers = await Promise.all([take(id, 'later'), restore(id, 'base')])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
    const { db } = world.appliance.zone
    const snapshots = db.select().from(schema.snapshot).where(eq(schema.snapshot.guest, id)).all()
    const volumes = new Map(
      db
        .select()
        .from(schema.volume)
        .all()
        .map((row) => [row.id, row.state]),
    )
    for (const { layers } of snapshots)
      for (const { volume } of layers) assert.equal(volumes.get(volume), 'ready')
  })

  it('of two that are deleted at once, neither leaves the tree on what is gone', async () => {
    const id = await makeGuest(world, { name: 'gone' })
    for (const name of ['a', 'b', 'c']) await take(id, name)
    const answers = await Promise.all([remove(id, 'b'), remove(id, 'c')])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    )
    const { data } = await world.call('GET', `/instances/${id}/snapshots/`)
    assert.deepEqual(data, { a: { is_root: true, is_current: true } })
  })
})
