// A full pool holds guests still; they go on when there is room, and others that are paused stay so.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { hold, makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
let id: string
let freeBytes: number
beforeEach(async () => {
  world = await openTestAppliance()
  id = await makeGuest(world, { auto_start: true })
  freeBytes = 0
  world.volumes.usage = async () => ({ totalBytes: 2 ** 30, freeBytes, quarantinedBytes: 0 })
})
afterEach(() => world.close())

const pass = async () =>
  (await world.call('POST', '/api/v1/reconcilers/paused')).data as { repaired: string[]; findings: string[] }
const shown = async () => {
  const { data } = await world.call('GET', `/api/v1/guests/${id}`)
  const { state, state_reason } = data as { state: string; state_reason?: string }
  return [state, state_reason]
}
const resumes = () => world.hypervisor.world.counters.get('resume') ?? 0

test('a guest on a full pool is paused, told of, and goes on when there is room', async () => {
  world.hypervisor.world.diskFails(id, ['vda'])
  const { findings, repaired } = await pass()
  assert.match(findings.join(), /'web1' is paused: storage pool 'local' is full.*53687092 bytes/)
  assert.deepEqual(repaired, [])
  assert.deepEqual(await shown(), ['paused', "storage pool 'local' is full"])
  freeBytes = 53_687_091
  await pass()
  assert.equal(resumes(), 0, 'a byte too little')
  freeBytes++
  assert.match((await pass()).repaired.join(), /let guest 'web1' go on/)
  assert.deepEqual(await shown(), ['running', undefined])
  assert.deepEqual((await pass()).findings, [])
  assert.equal(resumes(), 1)
})

test('libvirt tells of it, nobody has to look', async () => {
  freeBytes = 1 << 30
  world.hypervisor.world.diskFails(id, ['vdb'])
  await world.appliance.live.look(id)
  await world.appliance.reconcilers.nudge('paused')
  assert.deepEqual(await shown(), ['running', undefined])
})

test('guests that are paused for another reason are never let go on', async () => {
  freeBytes = 1 << 30
  await world.hypervisor.pause(id)
  await world.appliance.live.look(id)
  assert.deepEqual((await pass()).findings, [])
  assert.deepEqual(await shown(), ['paused', 'user'])
  await world.hypervisor.resume(id)
  world.hypervisor.world.diskFails(id, [])
  assert.match((await pass()).findings.join(), /'web1' is paused by an error of its disk/)
  assert.deepEqual(await shown(), ['paused', 'I/O error'])
  assert.equal(resumes(), 1, 'the one of this test')
})

test('a guest that a task holds is left to the task', async () => {
  freeBytes = 1 << 30
  const held = hold(world, 'snapshots.create')
  const asked = world.call('POST', `/api/v1/instances/${id}/snapshots/`, { name: 'a' })
  await held.reached
  world.hypervisor.world.diskFails(id, ['vda'])
  assert.deepEqual((await pass()).repaired, [])
  assert.equal(resumes(), 0)
  held.letGo()
  await asked
})

test('the quarantine goes before a guest has to wait', async () => {
  freeBytes = 2 ** 40
  const other = await makeGuest(world, { name: 'other' })
  world.volumes.usage = async () => {
    const quarantinedBytes = world.volumes.quarantined.size * 30_000_000
    return { totalBytes: 1 << 30, freeBytes: 60_000_000 - quarantinedBytes, quarantinedBytes }
  }
  await world.call('DELETE', `/api/v1/guests/${other}`)
  assert.equal(world.volumes.quarantined.size, 2)
  world.hypervisor.world.diskFails(id, ['vda'])
  await pass()
  assert.equal(world.volumes.quarantined.size, 0)
  assert.deepEqual(await shown(), ['running', undefined])
})
