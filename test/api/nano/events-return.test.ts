import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createLiveFeed } from '../../../src/core/guests/live-feed.ts'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

it('every domain is looked at when the events of the hypervisor come back', async () => {
  const id = await makeGuest(world, { name: 'unseen', auto_start: true })
  // It ended while nobody was told.
  world.hypervisor.world.find(id).state = 'stopped'
  assert.equal(world.appliance.live.running(id), true)
  world.hypervisor.world.emit('', 'other', 'Connected')
  for (let tries = 0; tries < 200 && world.appliance.live.running(id); tries++) await delay(10)
  assert.equal(world.appliance.live.running(id), false)
})

it('what an instance does is told as it happens, with whose it is', async () => {
  const id = await makeGuest(world, { name: 'told' })
  const told: string[] = []
  const stop = createLiveFeed(world.appliance).subscribe((event) => {
    if (event.guest === id) told.push(`${event.state} ${event.running} ${event.owner?.owner}`)
  })
  await world.call('POST', `/instances/${id}`)
  await world.call('DELETE', `/instances/${id}`, { force: true })
  stop()
  assert.deepEqual(told, ['running true admin', 'stopped false admin'])
})
