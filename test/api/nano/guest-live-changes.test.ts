import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Answer,
  ended,
  everything,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

const gibibyte = 2 ** 30

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

let count = 0
const make = (more: Record<string, unknown> = {}) => makeGuest(world, { name: `live-${++count}`, ...more })
const running = () => make({ auto_start: true, memory: gibibyte, cores: 2 })
const put = (path: string, body?: object) => world.call('PUT', path, body)
const show = async (id: string) => (await world.call('GET', `/guests/${id}`)).data as Record<string, unknown>
const live = (id: string) => world.hypervisor.world.find(id).live ?? assert.fail('not running')

async function agentConnects(id: string): Promise<void> {
  while (!world.hypervisor.world.find(id).agentConnected) await delay(5)
}

function assertOk(answer: Answer): void {
  assert.equal(answer.status, 200, answer.text)
}

async function assertRefused(
  [path, body]: [string, object],
  { status, field, says }: { status: number; field?: string; says: RegExp },
): Promise<void> {
  const earlier = await everything(world)
  const answer = await put(path, body)
  assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}: ${answer.text}`)
  assert.equal(answer.field, field, answer.text)
  assert.match(answer.message, says)
  assert.deepEqual(await everything(world), earlier)
}

describe('a running instance', () => {
  it('gets cores and memory at once with immediate, up to what it was started with room for', async () => {
    const id = await running()
    assertOk(await put(`/guests/${id}/cores`, { cores: 4, immediate: true }))
    assert.equal(live(id).cores, 4)
    assertOk(await put(`/guest/${id}/memory/`, { memory: 2 * gibibyte, immediate: true }))
    assert.equal(live(id).memoryBytes, 2 * gibibyte)
    assert.equal((await show(id))['memory'], 2 * gibibyte)
    await assertRefused([`/guests/${id}/cores`, { cores: 5, immediate: true }], {
      status: 422,
      field: 'cores',
      says: /room for 4 cores/,
    })
    await assertRefused([`/guests/${id}/memory`, { memory: 2 * gibibyte + 2 ** 20, immediate: true }], {
      status: 400,
      field: 'memory',
      says: /128 MiB/,
    })
    assertOk(await put(`/guests/${id}/cores`, { cores: 5 }))
    assert.equal(live(id).cores, 4)
  })

  it('takes up its limits and priority at once', async () => {
    const id = await running()
    assertOk(await put(`/guests/${id}/qos/cpu`, { priority: 'low' }))
    assertOk(await put(`/guests/${id}/qos/disk/`, { read_speed: 1e6, write_iops: 100 }))
    assertOk(await put(`/guest/${id}/qos/network`, { receive_speed: 2e6 }))
    assertOk(await put(`/guest/${id}/qos/network`, { send_speed: 3e6 }))
    const wanted = {
      cpu_priority: 'low',
      read_speed: 1e6,
      write_iops: 100,
      receive_speed: 2e6,
      send_speed: 3e6,
    }
    assert.deepEqual((await show(id))['qos'], wanted)
    assert.equal(live(id).qos?.cpuPriority, 'low')
    assert.equal(live(id).qos?.readBytesPerSecond, 1e6)
    assertOk(await put(`/guests/${id}/qos/disk`, { read_speed: 0, write_iops: 0 }))
    assert.equal(live(id).qos?.readBytesPerSecond, undefined)
    await assertRefused([`/guests/${id}/qos/cpu`, { priority: 'top' }], {
      status: 400,
      field: 'priority',
      says: /high, medium or low/,
    })
    await assertRefused([`/guests/${id}/qos/network`, { send_speed: -1 }], {
      status: 400,
      field: 'send_speed',
      says: /negative/,
    })
    await assertRefused([`/guests/${id}/qos/disk`, { max_io: 10, read_iops: 5 }], {
      status: 400,
      field: 'max_io',
      says: /read_iops/,
    })
  })

  it('gets a new monitor secret', async () => {
    const id = await running()
    const { monitor_secret: earlier } = await show(id)
    assertOk(await put(`/guests/${id}/monitor/secret`))
    const { monitor_secret: later } = await show(id)
    assert.notEqual(later, earlier)
    assert.match(String(later), /^[\w-]{8}$/)
  })
})

describe('starting with the host', () => {
  it('can be switched, with priority and delay', async () => {
    const id = await make()
    assertOk(await put(`/guests/${id}/auto_start`, { enable: true, start_priority: 90, start_delay: 5 }))
    const shown = await show(id)
    assert.deepEqual([shown['auto_start'], shown['start_priority'], shown['start_delay']], [true, 90, 5])
    assertOk(await put(`/guest/${id}/auto_start/`, { enable: false }))
    assert.deepEqual([(await show(id))['auto_start'], (await show(id))['start_priority']], [false, 90])
    for (const [body, field] of [
      [{}, 'enable'],
      [{ enable: 1 }, 'enable'],
      [{ enable: true, start_priority: 101 }, 'start_priority'],
      [{ enable: true, start_delay: -1 }, 'start_delay'],
    ] as const)
      await assertRefused([`/guests/${id}/auto_start`, body], { status: 400, field, says: /./ })
  })
})

describe('a disk', () => {
  it('grows while its guest is stopped, and with immediate while it runs', async () => {
    const id = await make({ disks: [gibibyte, gibibyte] })
    assertOk(await put(`/guest/${id}/disks/resize/1`, { size: 2 * gibibyte, immediate: false }))
    assert.deepEqual((await show(id))['disks'], [gibibyte, 2 * gibibyte])
    await world.call('POST', `/instances/${id}`)
    await assertRefused([`/guests/${id}/disks/resize/0`, { size: 2 * gibibyte }], {
      status: 409,
      field: 'immediate',
      says: /running/,
    })
    assertOk(await put(`/guests/${id}/disks/resize/0/`, { size: 3 * gibibyte, immediate: true }))
    assert.deepEqual((await show(id))['disks'], [3 * gibibyte, 2 * gibibyte])
    assert.equal(world.hypervisor.world.counters.get('resizeDisk'), 1)
  })

  it('does not shrink by that, nor grow beyond its pool or the limits', async () => {
    const id = await make({ disks: [gibibyte] })
    for (const [path, size, status, field] of [
      ['resize/0', gibibyte / 2, 400, 'size'],
      ['resize/0', gibibyte, 400, 'size'],
      ['resize/0', 2 ** 43, 400, 'size'],
      ['resize/0', gibibyte + 1, 400, 'size'],
      ['resize/1', 2 * gibibyte, 404, 'index'],
      ['resize/x', 2 * gibibyte, 400, 'index'],
    ] as const)
      await assertRefused([`/guests/${id}/disks/${path}`, { size }], { status, field, says: /./ })
  })

  it('is written anew without what is empty, or trimmed by its running guest', async () => {
    const id = await make()
    assertOk(await put(`/guests/${id}/disks/shrink/0`, { immediate: false }))
    await world.call('POST', `/instances/${id}`)
    await assertRefused([`/guests/${id}/disks/shrink/0`, {}], {
      status: 409,
      field: 'immediate',
      says: /running/,
    })
    await agentConnects(id)
    assertOk(await put(`/guest/${id}/disks/shrink/0/`, { immediate: true }))
    assert.equal(world.hypervisor.world.counters.get('agent.trim'), 1)
    await assertRefused([`/guests/${id}/disks/shrink/7`, { immediate: true }], {
      status: 404,
      field: 'index',
      says: /disks 0/,
    })
  })
})

describe('resetting the system', () => {
  it('puts a clone of an image in the place of the system disk, and the old one in quarantine', async () => {
    const image = await makeImage(world, 'disk', { name: 'fresh', sizeBytes: gibibyte })
    const id = await make({ disks: [2 * gibibyte] })
    const [earlier] = [...world.volumes.inUse.keys()].slice(-1)
    const answer = await put(`/guest/${id}/system/`, { from_image: image })
    assert.ok([200, 202].includes(answer.status), answer.text)
    assert.equal((await ended(world, answer)).state, 'done')
    assert.ok(world.volumes.quarantined.has(earlier ?? ''))
    assert.deepEqual((await show(id))['disks'], [2 * gibibyte])
    assert.equal((await show(id))['created'], true)
  })

  it('is refused for a running guest, one with snapshots, and images that do not fit', async () => {
    const big = await makeImage(world, 'disk', { name: 'big', sizeBytes: 4 * gibibyte })
    const image = await makeImage(world, 'disk', { name: 'small', sizeBytes: gibibyte })
    const id = await make({ disks: [2 * gibibyte] })
    const path = `/guests/${id}/system`
    await assertRefused([path, { from_image: big }], { status: 400, field: 'disks[0]', says: /at least/ })
    await assertRefused([path, { from_image: 'none' }], { status: 404, field: 'from_image', says: /none/ })
    await assertRefused([path, {}], { status: 400, field: 'from_image', says: /missing/ })
    const run = await put(path, { from_image: image })
    assert.equal((await ended(world, run)).state, 'done')
    await world.call('POST', `/instances/${id}/snapshots/`, { name: 's' })
    await assertRefused([path, { from_image: image }], { status: 409, says: /snapshots/ })
  })
})
