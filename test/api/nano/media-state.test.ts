import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { makeGuest, makeImage, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

it('a medium leaves the running instance also when what is known of it is old', async () => {
  const source = await makeImage(world, 'media', { name: 'medium' })
  const id = await makeGuest(world, { name: 'reader', auto_start: true })
  assert.equal((await world.call('POST', `/instances/${id}/media`, { source })).status, 200)
  assert.notEqual(world.hypervisor.world.find(id).mediaPath, null)
  // As a look that began before the start leaves it.
  world.appliance.live.set(id, 'stopped')
  assert.equal((await world.call('DELETE', `/instances/${id}/media`)).status, 200)
  assert.equal(world.hypervisor.world.find(id).mediaPath, null)
})
