import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { makeGuest, makeImage, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

interface Disk {
  index: number
  size: number
  used: number | null
  pool: string
  volume: string
  format: string
  layers: number
  image: { id: string; name: string } | null
}

const disksOf = async (id: string) => {
  const answer = await world.call('GET', `/guests/${id}/disks`)
  assert.equal(answer.status, 200, answer.text)
  return answer.data as Disk[]
}

it('the disks of a guest say where they lie, what they take and what they stand on', async () => {
  const image = await makeImage(world, 'disk', { name: 'debian' })
  const id = await makeGuest(world, { name: 'cloned', from_image: image, disks: [2 ** 31, 2 ** 30] })
  const [system, data, ...none] = await disksOf(id)
  assert.deepEqual(none, [])
  assert.deepEqual(system?.image, { id: image, name: 'debian' })
  assert.equal(system?.size, 2 ** 31)
  assert.ok(world.volumes.inUse.has(system?.volume ?? ''))
  assert.equal(typeof system?.used, 'number')
  assert.equal(data?.index, 1)
  assert.equal(data?.image, null)
  assert.equal(data?.layers, 1)
})

it('a snapshot is one layer more', async () => {
  const id = await makeGuest(world, { name: 'layered' })
  const taken = await world.call('POST', `/instances/${id}/snapshots/`, { name: 'before', description: '' })
  assert.ok(taken.status < 300, taken.text)
  const [system] = await disksOf(id)
  assert.equal(system?.layers, 2)
})

it('a guest that is not there has no disks', async () => {
  assert.equal((await world.call('GET', '/guests/none/disks')).status, 404)
})

it('a guest tells how far it can grow, and what cloud-init was told without its password', async () => {
  const id = await makeGuest(world, {
    name: 'told',
    modules: ['cloud-init'],
    cloud_init: { admin_name: 'ops', admin_secret: 'hush-hush', ssh_keys: ['ssh-ed25519 AAAA ops'] },
  })
  const answer = await world.call('GET', `/guests/${id}`)
  const guest = answer.data as Record<string, unknown>
  assert.deepEqual(guest['cloud_init'], {
    root_enabled: true,
    admin_name: 'ops',
    data_path: '/opt/data',
    ssh_keys: ['ssh-ed25519 AAAA ops'],
  })
  assert.ok(Number(guest['max_cores']) >= 4 && Number(guest['max_memory']) >= 4 * 2 ** 30)
  assert.doesNotMatch(answer.text, /hush-hush/)
})
