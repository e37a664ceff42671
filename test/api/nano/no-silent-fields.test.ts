import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { everything, makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

/** What cannot have an effect is refused instead of being forgotten. */
describe('a field without effect', () => {
  it('ports, where guests have no address', async () => {
    await world.call('PUT', '/compute_pools/default', { network: '' })
    const earlier = await everything(world)
    const answer = await world.call('POST', '/guests/', {
      ...{ name: 'unreachable', owner: 'admin', group: 'manager', pool: 'default' },
      ...{ cores: 1, memory: 256, disks: [1024], ports: [22] },
    })
    assert.deepEqual([answer.status, answer.field], [400, 'ports'], answer.text)
    assert.deepEqual(await everything(world), earlier)
    await world.call('PUT', '/compute_pools/default', { network: 'default' })
  })

  it('source, where nothing says what it is', async () => {
    const id = await makeGuest(world, { name: 'sourced' })
    const answer = await world.call('POST', `/instances/${id}`, { source: 'http://10.0.0.1/boot.ipxe' })
    assert.deepEqual([answer.status, answer.field], [400, 'source'], answer.text)
    assert.notEqual(world.hypervisor.world.find(id).state, 'running')
  })
})
