import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
let running = ''
before(async () => {
  world = await openTestAppliance()
  running = await makeGuest(world, { name: 'runs', auto_start: true })
  await makeGuest(world, { name: 'rests' })
  await world.appliance.figures.look()
  await new Promise((resolve) => setTimeout(resolve, 600))
  await world.appliance.figures.look()
})
after(() => world.close())

type Data = Record<string, unknown>
const data = async (path: string) => (await world.call('GET', path)).data as Data

const totals = {
  cpu_usage: 25,
  max_cpu: 8,
  available_memory: 48 * 2 ** 30,
  max_memory: 64 * 2 ** 30,
}
const speeds = { read_speed: 40_960, write_speed: 81_920, receive_speed: 10_000, send_speed: 5_000 }

/** The order of the fields is that of the document. */
const fieldsOfTotals = [
  ...['cpu_usage', 'max_cpu', 'available_memory', 'max_memory', 'available_disk', 'max_disk'],
  ...['read_speed', 'write_speed', 'receive_speed', 'send_speed'],
]

function assertTotals(status: Data): void {
  for (const [name, value] of Object.entries(totals)) assert.equal(status[name], value, name)
  // Rates come from two looks at a clock that goes on.
  for (const [name, value] of Object.entries(speeds))
    assert.ok(Math.abs((status[name] as number) - value) < value / 5, `${name} ${status[name]}`)
  const { available_disk, max_disk } = status as Record<string, number>
  assert.ok((max_disk ?? 0) > 0 && (available_disk ?? -1) >= 0 && (available_disk ?? 0) <= (max_disk ?? 0))
}

describe('status', () => {
  it('of the zone has the fields of the document in its order', async () => {
    const status = await data('/compute_zone_status/')
    assert.deepEqual(Object.keys(status), [
      'name',
      'pools',
      'cells',
      'instances',
      ...fieldsOfTotals,
      'start_time',
    ])
    assert.equal(status['name'], 'default')
    assert.deepEqual(
      [status['pools'], status['cells'], status['instances']],
      [
        [0, 1],
        [0, 1],
        [1, 1, 0, 0],
      ],
    )
    assert.match(String(status['start_time']), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    assertTotals(status)
  })

  it('of pools, also of one without cells', async () => {
    await world.call('POST', '/compute_pools/empty', {})
    await world.call('PUT', '/compute_pools/empty', { enable: false })
    const pools = (await data('/compute_pool_status/')) as unknown as Data[]
    assert.deepEqual(
      pools.map(({ name, enabled, cells, instances }) => [name, enabled, cells, instances]),
      [
        ['default', true, [0, 1], [1, 1, 0, 0]],
        ['empty', false, [0, 0], [0, 0, 0, 0]],
      ],
    )
    assert.deepEqual(Object.keys(pools[0] ?? {}), [
      'name',
      'enabled',
      'cells',
      'instances',
      ...fieldsOfTotals,
    ])
    for (const name of fieldsOfTotals) assert.equal(pools[1]?.[name], 0, name)
    const { status, data: one } = await world.call('GET', '/api/v1/compute_pool_status/default')
    assert.equal(status, 200)
    assertTotals(one as Data)
    assert.deepEqual((await data('/compute_zone_status'))['pools'], [1, 1])
    assert.deepEqual(await data('/compute_cell_status/empty/'), [])
  })

  it('of cells', async () => {
    const cells = (await data('/compute_cell_status/default/')) as unknown as Data[]
    assert.equal(cells.length, 1)
    assert.deepEqual(Object.keys(cells[0] ?? {}), [
      ...['name', 'address', 'enabled', 'alive', 'instances', ...fieldsOfTotals],
    ])
    const cell = await data('/compute_cell_status/default/here')
    assert.deepEqual([cell['name'], cell['alive'], cell['instances']], ['here', true, [1, 1, 0, 0]])
    assertTotals(cell)
  })

  it('of instances, with figures', async () => {
    for (const path of ['/instance_status/default/', '/instance_status/default/here']) {
      const guests = (await data(path)) as unknown as Data[]
      assert.deepEqual(
        guests.map(({ name, running }) => [name, running]),
        [
          ['manager.rests', false],
          ['manager.runs', true],
        ],
      )
      assert.equal(guests[0]?.['cpu_usage'], 0)
      assert.equal(typeof guests[1]?.['monitor_secret'], 'string')
      assert.ok(Number(guests[1]?.['cpu_usage']) > 5 && Number(guests[1]?.['cpu_usage']) < 15)
      assert.ok(Number(guests[1]?.['write_speed']) > 4096)
    }
  })

  it('asks the hypervisor once for all, not for each guest', async () => {
    const asked = () => world.hypervisor.world.counters.get('stats') ?? 0
    const before = asked()
    for (let count = 0; count < 10; count++) {
      await data('/instance_status/default')
      await data('/compute_zone_status')
      await data(`/instances/${running}`)
    }
    assert.ok(asked() - before <= 2, `${asked() - before} times`)
  })

  it('is refused where there is nothing, and to whom it does not concern', async () => {
    for (const path of [
      '/compute_pool_status/nowhere',
      '/compute_cell_status/nowhere',
      '/compute_cell_status/nowhere/here',
      '/compute_cell_status/default/nobody',
      '/compute_cell_status/default/nobody/storages',
      '/instance_status/nowhere',
      '/instance_status/default/nobody',
    ]) {
      const answer = await world.call('GET', `/api/v1${path}`)
      assert.equal(answer.status, 404, path)
      assert.match(answer.message, /nowhere|nobody/)
    }
    assert.equal((await world.as(null)('GET', '/api/v1/compute_zone_status')).status, 401)
    // Counts are for everybody; guests are listed to their own people.
    assert.deepEqual(
      ((await world.as('alice')('GET', '/compute_zone_status')).data as Data)['instances'],
      [1, 1, 0, 0],
    )
    assert.deepEqual((await world.as('alice')('GET', '/instance_status/default')).data, [])
  })
})

describe('the storage of a cell', () => {
  const path = '/compute_cell_status/default/here/storages/'

  it('is told with paths', async () => {
    const storages = await data(path)
    assert.deepEqual(storages, {
      mode: 'local',
      system: [world.dataDir],
      data: [`${world.dataDir}/pools/local`],
      default: 'local',
    })
  })

  it('is chosen by path or by name of a pool', async () => {
    const target = `${world.dataDir}/more`
    await world.call('POST', '/storage_pools/more', { type: 'dir', target })
    await world.call('POST', '/storage_pools/third', { type: 'dir', target: `${world.dataDir}/third` })
    await world.call('POST', '/compute_pools/side', {})
    const side = async () => (await data('/compute_pools/side'))['storage']
    // A pool of its own with one cell that has no guests.
    await world.appliance.zone.commit({ who: 'test', requestId: 'test', action: 'cell' }, [
      {
        table: 'cell',
        key: 'other',
        before: null,
        after: { name: 'other', pool: 'side', address: '10.0.0.2', enabled: true, createdAt: 0 },
      },
    ])
    const own = '/compute_cell_status/side/other/storages/'
    assert.deepEqual((await data(own))['default'], '')
    const dry = await world.call('PUT', `/api/v1${own}?dry_run=true`, { default: target })
    assert.equal(dry.status, 200, dry.text)
    assert.equal(await side(), '')
    assert.equal((await world.call('PUT', own, { default: target })).status, 200)
    assert.equal(await side(), 'more')
    assert.equal((await world.call('PUT', own, { default: 'third' })).status, 200)
    assert.equal(await side(), 'third')
    assert.equal(((await data(own))['data'] as string[])[0], `${world.dataDir}/third`)
  })

  it('is refused with the rule', async () => {
    const refused = async (where: string, body: unknown, status: number, says: RegExp, who = 'admin') => {
      const answer = await world.as(who)('PUT', `/api/v1${where}`, body)
      assert.equal(answer.status, status, answer.text)
      assert.match(answer.message, says)
    }
    await refused(path, { default: '/nowhere' }, 400, /create it first/)
    await refused(path, { default: 'local' }, 409, /already/)
    await refused(path, {}, 400, /default/)
    await refused(path, { default: 7 }, 400, /text/)
    await refused('/compute_cell_status/default/nobody/storages', { default: 'more' }, 404, /nobody/)
    await refused(path, { default: 'more' }, 403, /compute.write/, 'alice')
    const cell = { pool: 'side', address: '10.0.0.3', enabled: true, createdAt: 0 }
    await world.appliance.zone.commit({ who: 'test', requestId: 'test', action: 'cell' }, [
      { table: 'cell', key: 'second', before: null, after: { name: 'second', ...cell } },
    ])
    await refused('/compute_cell_status/side/second/storages', { default: 'more' }, 409, /2 cells/)
  })
})
