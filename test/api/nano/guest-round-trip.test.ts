// Whatever valid guest is asked for, that is the guest that is shown. Seeded; NACELLE_TEST_SEED repeats a run.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import {
  ended,
  freeAddress,
  makeImage,
  openTestAppliance,
  people,
  type TestAppliance,
} from '../../support/appliance.ts'
import { generator, type Random } from '../../support/random.ts'

const cases = 150
const seed = Number(process.env['NACELLE_TEST_SEED'] ?? Date.now() % 1e9)

let world: TestAppliance
let image = ''
before(async () => {
  world = await openTestAppliance()
  image = await makeImage(world, 'disk', { sizeBytes: 2 ** 28 })
})
after(() => world.close())

const letters = [...'abcXYZ019', 'ä', 'ß', '名', 'д', '𠀀']
const rest = [...letters, '.', '-', '_']

const nameOf = (r: Random, index: number) =>
  r.pick(letters) + Array.from({ length: r.whole(0, 30) }, () => r.pick(rest)).join('') + index

/** The wire's two ways to say a size, and the bytes that are meant. */
function sizeOf(r: Random, fromMib: number, toMib: number): { sent: number; bytes: number } {
  const mib = r.whole(fromMib, toMib)
  if (r.chance(0.5)) return { sent: mib, bytes: mib * 2 ** 20 }
  const bytes = mib * 2 ** 20 + r.whole(0, 1000) * 512
  return { sent: bytes, bytes }
}

const limitsOf = (r: Random, names: readonly string[]) =>
  Object.fromEntries(names.filter(() => r.chance(0.4)).map((name) => [name, r.pick([0, 1, 4096, 1e6, 1e12])]))

function qosOf(r: Random): { sent: object; shown: Record<string, unknown> } {
  const withoutZeros = (limits: object) =>
    Object.fromEntries(Object.entries(limits).filter(([, value]) => value > 0))
  if (r.chance(0.4)) {
    const priority = r.whole(0, 2)
    const { inbound, outbound, max_io } = limitsOf(r, ['inbound', 'outbound', 'max_io'])
    const limits = { max_io: max_io ?? 0, receive_speed: inbound ?? 0, send_speed: outbound ?? 0 }
    return {
      sent: JSON.parse(JSON.stringify({ cpu_priority: priority, inbound, outbound, max_io })) as object,
      shown: { cpu_priority: ['high', 'medium', 'low'][priority], ...withoutZeros(limits) },
    }
  }
  if (r.chance(0.3)) return { sent: {}, shown: { cpu_priority: 'high' } }
  const names = ['read_speed', 'write_speed', 'read_iops', 'write_iops', 'receive_speed', 'send_speed']
  const qos = { cpu_priority: r.pick(['high', 'medium', 'low']), ...limitsOf(r, names) }
  const { cpu_priority, ...limits } = qos
  return { sent: { qos }, shown: { cpu_priority, ...withoutZeros(limits) } }
}

function guestOf(r: Random, index: number) {
  const owner = r.pick(Object.keys(people)) as keyof typeof people
  const group = r.pick(['manager', 'staff', 'guests'])
  const memory = sizeOf(r, 16, 4096)
  const disks = Array.from({ length: r.whole(1, 4) }, () => sizeOf(r, 256, 4096))
  const qos = qosOf(r)
  const name = nameOf(r, index)
  const cores = r.whole(1, 64)
  const firmware = r.pick(['bios', 'uefi'])
  const system = r.pick(['linux', 'windows', 'BSD 4.3', ''])
  const mac = r.chance(0.3)
    ? `52:54:0${r.whole(0, 9)}:AA:${String(index)
        .padStart(6, '0')
        .replace(/..(..)(..)/, '$1:$2')}`
    : undefined
  const address = r.chance(0.3) ? freeAddress(world) : undefined
  const cloudInit = r.chance(0.4)
    ? {
        admin_name: r.pick(['root', 'nano', '_x-1']),
        admin_secret: r.pick(['12345678', 'pä$$ "wörd" \\', "'; DROP"]),
      }
    : undefined
  const sent = {
    ...{
      name,
      owner,
      group,
      pool: 'default',
      cores,
      memory: memory.sent,
      disks: disks.map((disk) => disk.sent),
    },
    ...{ firmware, system, auto_start: false, ...qos.sent },
    ...(mac ? { ethernet_address: mac } : {}),
    ...(address ? { network_address: address } : {}),
    ...(cloudInit ? { cloud_init: cloudInit } : {}),
    ...(r.chance(0.5) ? { from_image: r.pick([image, '']) } : {}),
  }
  const shown = {
    ...{ name: `${group}.${name}`, owner, group, pool: 'default', cores, memory: memory.bytes },
    disks: disks.map((disk) => disk.bytes),
    total_disk: disks.reduce((sum, disk) => sum + disk.bytes, 0),
    ...{
      firmware,
      system: system || 'linux',
      auto_start: false,
      created: true,
      progress: 100,
      running: false,
      qos: qos.shown,
    },
    ...(mac ? { ethernet_address: mac.toLowerCase() } : {}),
    ...(address ? { internal: { allocated_address: `${address}/24` } } : {}),
  }
  return { sent, shown, auth: cloudInit && { user: cloudInit.admin_name, password: cloudInit.admin_secret } }
}

it(`shows each of ${cases} guests as it was asked for (seed ${seed})`, async () => {
  const r = generator(seed)
  for (let index = 0; index < cases; index++) {
    const { sent, shown, auth } = guestOf(r, index)
    const told = `seed ${seed}, case ${index}: ${JSON.stringify(sent)}`
    const answer = await world.call('POST', '/api/v1/guests/', sent)
    assert.equal(answer.status, 202, `${told}\n${answer.text}`)
    const task = await ended(world, answer)
    assert.equal(task.state, 'done', `${told}\n${task.error?.message}`)
    const { id } = answer.data as { id: string }
    const got = await world.call('GET', `/guests/${id}`)
    assert.partialDeepStrictEqual(got.data, shown, told)
    assert.deepEqual((got.data as { qos: object }).qos, shown.qos, told)
    const spec = world.hypervisor.world.find(id).defined
    assert.deepEqual(
      [spec?.cores, spec?.memoryBytes, spec?.domainName],
      [shown.cores, shown.memory, shown.name],
      told,
    )
    if (auth) assert.deepEqual((await world.call('GET', `/guests/${id}/auth`)).data, auth, told)
    // A pool has addresses for some two hundred.
    if (index % 3 !== 0) assert.equal((await world.call('DELETE', `/guests/${id}`)).status, 200, told)
  }
})
