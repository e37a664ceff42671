import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let t: TestAppliance
before(async () => {
  t = await openTestAppliance()
})
after(() => t.close())

interface Need {
  id: string
  kind: string
  subject: string
  sentence: string
  since: string | null
}

const needsOf = async (who: string) => {
  const { status, data } = await t.as(who)('GET', '/attention')
  assert.equal(status, 200)
  return data as Need[]
}

test('a guest that a full pool has paused is told to who may see it', async () => {
  const id = await makeGuest(t, { name: 'thirsty', owner: 'alice', group: 'staff', auto_start: true })
  const pass = () => t.appliance.reconcilers.nudge('paused')
  await t.hypervisor.pause(id)
  await t.appliance.live.look(id)
  await pass()
  assert.deepEqual(await needsOf('alice'), [], 'whom its user has paused is as it should be')
  await t.hypervisor.resume(id)
  t.volumes.usage = async () => ({ totalBytes: 2 ** 30, freeBytes: 0, quarantinedBytes: 0 })
  t.hypervisor.world.diskFails(id, ['vda'])
  await pass()
  for (const who of ['alice', 'admin']) {
    const need = (await needsOf(who)).find(({ kind }) => kind === 'guest')
    assert.equal(need?.subject, id, who)
    assert.equal(need?.sentence, "Guest 'staff.thirsty' is paused: storage pool 'local' is full.")
    assert.match(need?.since ?? '', /^\d{4}-/)
  }
  assert.deepEqual(await needsOf('carol'), [])
})

test('nobody is told nothing', async () => {
  assert.equal((await t.as(null)('GET', '/attention')).status, 401)
})
