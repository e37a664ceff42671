// UEFI variables of an adopted domain: taken over on a pool, copied from elsewhere while it stands still.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { everything, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'
import { foreignId, makeForeign } from '../../support/foreign-domain.ts'

let world: TestAppliance
let variables: string
beforeEach(async () => {
  world = await openTestAppliance()
  variables = join(world.dataDir, 'legacy_VARS.fd')
  await writeFile(variables, 'its boot entries')
})
afterEach(() => world.close())

const adopt = () =>
  world.call('POST', `/api/v1/unmanaged_guests/${foreignId}/adopt`, { owner: 'admin', group: 'manager' })
const nvramNames = () => [...world.volumes.inUse.keys()].filter((name) => name.endsWith('.fd'))

test('variables that lie elsewhere are copied, and their file stays', async () => {
  await makeForeign(world, { firmware: 'uefi', nvramPath: variables })
  const answer = await adopt()
  assert.equal(answer.status, 200, answer.text)
  const [name = ''] = nvramNames()
  assert.equal(world.volumes.inUse.get(name)?.content?.toString(), 'its boot entries')
  assert.equal(await readFile(variables, 'utf8'), 'its boot entries')
  assert.equal(world.hypervisor.world.domains.get(foreignId)?.defined?.nvramPath, world.volumes.pathOf(name))
  const started = await world.call('POST', `/api/v1/instances/${foreignId}`, {})
  assert.equal(started.status, 200, started.text)
})

test('those of a running domain cannot be copied', async () => {
  await makeForeign(world, { running: true })
  world.hypervisor.world.foreign.set(foreignId, { firmware: 'uefi', nvramPath: variables })
  const before = await everything(world)
  const answer = await adopt()
  assert.equal(answer.status, 409)
  assert.match(
    answer.text,
    /UEFI variables .*legacy_VARS.fd' lie on no storage pool and are copied: stop it first/,
  )
  assert.deepEqual(await everything(world), before)
})

test('variables on a pool are taken over where they lie, also as it runs', async () => {
  await world.volumes.importFile('legacy.fd', variables)
  await makeForeign(world, { running: true, firmware: 'uefi', nvramPath: world.volumes.pathOf('legacy.fd') })
  assert.equal((await adopt()).status, 200)
  assert.deepEqual(nvramNames(), ['legacy.fd'])
  await world.call('DELETE', `/api/v1/guests/${foreignId}`, { force: true })
  assert.deepEqual([...world.volumes.inUse.keys()], [])
})

test('a domain that never ran gets fresh variables', async () => {
  await makeForeign(world, { firmware: 'uefi' })
  assert.equal((await adopt()).status, 200)
  const [name = ''] = nvramNames()
  assert.equal(world.volumes.inUse.get(name)?.content?.toString(), 'fresh variables')
})
