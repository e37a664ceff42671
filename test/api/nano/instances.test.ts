import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Answer,
  everything,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let world: TestAppliance
let media = ''
let disk = ''
let emptyMedia = ''
before(async () => {
  world = await openTestAppliance()
  media = await makeImage(world, 'media', { name: 'centos_7_x64_iso' })
  disk = await makeImage(world, 'disk')
  const empty = await world.call('POST', '/media_images', { name: 'empty', owner: 'admin', group: 'manager' })
  emptyMedia = (empty.data as { id: string }).id
})
after(() => world.close())

let count = 0
const fresh = () => `instance-${++count}`
const dataOf = (answer: Answer) => answer.data as Record<string, unknown>
const show = async (id: string) => dataOf(await world.call('GET', `/instances/${id}`))

function assertDone(answer: Answer): void {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.data, '')
  assert.match(answer.headers.get('nacelle-task') ?? '', /^[0-9a-f-]{36}$/)
}

type Request = [method: string, path: string, body?: unknown]

async function assertRefused(
  [method, path, body]: Request,
  wanted: { status: number; field?: string; says: RegExp },
): Promise<void> {
  const earlier = await everything(world)
  const answer = await world.call(method, path, body)
  assert.equal(answer.status, wanted.status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`)
  assert.equal(answer.field, wanted.field, answer.text)
  assert.match(answer.message, wanted.says)
  // A task that began and was taken back leaves its line and its commits.
  const { tasks: _, revision: __, ...now } = (await everything(world)) as Record<string, unknown>
  const { tasks: ___, revision: ____, ...then } = earlier as Record<string, unknown>
  assert.deepEqual(now, then)
}

/** Looks until it is so. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5_000
  while (!(await condition())) {
    assert.ok(performance.now() < end, `it never came: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}

describe('an instance', () => {
  it('is started, shows its figures, and is stopped by force', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const stopped = await show(id)
    assert.equal(stopped['running'], false)
    const figures = ['cpu_usage', 'memory_available', 'disk_available', 'bytes_read', 'bytes_written']
    for (const name of [...figures, 'bytes_received', 'bytes_sent']) assert.equal(stopped[name], 0, name)
    assertDone(await world.call('POST', `/api/v1/instances/${id}`, {}))
    await until(() => world.hypervisor.world.find(id).agentConnected)
    const running = await show(id)
    assert.equal(running['running'], true)
    assert.equal(running['state'], 'running')
    assert.equal(running['memory_available'], 256 << 20)
    for (const name of [...figures, 'bytes_received', 'bytes_sent'])
      assert.ok(typeof running[name] === 'number' && running[name] >= 0, name)
    const internal = running['internal'] as Record<string, string>
    assert.equal(`${internal['network_address']}/24`, internal['allocated_address'])
    assert.equal(internal['display_address'], '')
    assertDone(await world.call('DELETE', `/instances/${id}/`, { reboot: false, force: true }))
    assert.equal((await show(id))['running'], false)
    assert.equal((await show(id))['memory_available'], 0)
    assert.equal(
      ((await show(id))['internal'] as object as Record<string, string>)['network_address'],
      undefined,
    )
  })

  it('is asked to shut down, and follows when it likes', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    assertDone(await world.call('DELETE', `/instances/${id}`))
    await until(async () => (await show(id))['running'] === false)
    const deaf = await makeGuest(world, { name: `${fresh()}-hang-stop`, auto_start: true })
    assertDone(await world.call('DELETE', `/instances/${deaf}`, { reboot: false, force: false }))
    assert.equal((await show(deaf))['running'], true)
    assertDone(await world.call('DELETE', `/instances/${deaf}`, { force: true }))
  })

  it('is rebooted and reset', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    const calls = () => world.hypervisor.world.counters
    const [reboots, resets] = [calls().get('reboot') ?? 0, calls().get('reset') ?? 0]
    assertDone(await world.call('DELETE', `/instances/${id}`, { reboot: true, force: false }))
    assertDone(await world.call('DELETE', `/instances/${id}`, { reboot: true, force: true }))
    assert.equal(calls().get('reboot'), reboots + 1)
    assert.equal(calls().get('reset'), resets + 1)
    assert.equal((await show(id))['running'], true)
  })

  it('is neither started nor stopped twice', async () => {
    const id = await makeGuest(world, { name: fresh() })
    for (const body of [{}, { force: true }, { reboot: true }, { reboot: true, force: true }])
      for (const query of ['', '?dry_run=true'])
        await assertRefused(['DELETE', `/instances/${id}${query}`, body], {
          status: 409,
          says: /already stopped/,
        })
    await world.call('POST', `/instances/${id}`)
    for (const query of ['', '?dry_run=true'])
      await assertRefused(['POST', `/instances/${id}${query}`], { status: 409, says: /already started/ })
  })

  it('whose guest was powered off inside is seen to be off', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    world.hypervisor.world.guestPowersOff(id)
    await until(async () => (await show(id))['running'] === false)
    assertDone(await world.call('POST', `/instances/${id}`))
  })

  it('that cannot start says why, and is as before', async () => {
    const id = await makeGuest(world, { name: `${fresh()}-fail-start` })
    await assertRefused(['POST', `/instances/${id}`], { status: 409, says: /memory of the guest/ })
    assert.equal((await show(id))['running'], false)
  })

  it('starts from media, which stay in the drive', async () => {
    const id = await makeGuest(world, { name: fresh() })
    assertDone(await world.call('POST', `/instances/${id}`, { from_media: true, source: media }))
    const shown = await show(id)
    assert.equal(shown['media_attached'], true)
    assert.equal(shown['media_source'], 'centos_7_x64_iso')
    assert.equal(world.hypervisor.world.find(id).live?.boot, 'media')
    assert.match(world.hypervisor.world.find(id).mediaPath ?? '', /media-.*\.iso$/)
  })

  it('starts from the network', async () => {
    const id = await makeGuest(world, { name: fresh() })
    assertDone(await world.call('POST', `/instances/${id}`, { from_network: true }))
    assert.equal(world.hypervisor.world.find(id).live?.boot, 'network')
  })

  it('is refused a start that is wrong', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const wrong: [object | string, number, string | undefined, RegExp][] = [
      [{ from_media: 'yes' }, 400, 'from_media', /true or false/],
      [{ from_network: 1 }, 400, 'from_network', /true or false/],
      [{ from_media: true }, 400, 'source', /source is required/i],
      [{ from_media: true, source: '' }, 400, 'source', /source is required/i],
      [{ from_media: true, source: 5 }, 400, 'source', /text/],
      [{ from_media: true, source: 'nonsense' }, 404, 'source', /no media image/],
      [{ from_media: true, source: "' OR 1=1" }, 404, 'source', /no media image/],
      [{ from_media: true, source: '../../x' }, 404, 'source', /no media image/],
      [{ from_media: true, source: disk }, 404, 'source', /no media image/],
      [{ from_media: true, source: emptyMedia }, 400, 'source', /no file yet/],
      [{ from_media: true, from_network: true, source: media }, 400, 'from_network', /not from both/],
      ['[1, 2]', 400, 'body', /object/],
      ['nonsense', 400, undefined, /JSON/],
    ]
    for (const source of [
      'https://a/b',
      'ftp://a/b',
      '/etc/passwd',
      'http://a/b\n#!ipxe',
      'http://a/$(x)',
      'tftp:',
    ])
      wrong.push([{ from_network: true, source }, 400, 'source', /URI/])
    for (const [body, status, field, says] of wrong)
      await assertRefused(['POST', `/instances/${id}`, body], { status, field, says })
    for (const [body, field] of [
      [{ force: 'yes' }, 'force'],
      [{ reboot: null }, 'reboot'],
    ] as const)
      await assertRefused(['DELETE', `/instances/${id}`, body], { status: 400, field, says: /true or false/ })
  })

  it('answers a plan to a dry run and changes nothing', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const running = await makeGuest(world, { name: fresh(), auto_start: true })
    const earlier = await everything(world)
    for (const [method, path, body] of [
      ['POST', `/instances/${id}`, { from_media: true, source: media }],
      ['DELETE', `/instances/${running}`, { force: true }],
      ['POST', `/instances/${running}/media`, { source: media }],
    ] as const) {
      const answer = await world.call(method, `${path}?dry_run=true`, body)
      assert.equal(answer.status, 200, answer.text)
      assert.ok((dataOf(answer)['plan'] as unknown[]).length > 0)
    }
    assert.deepEqual(await everything(world), earlier)
    assert.equal((await show(running))['media_attached'], false)
  })
})

describe('media', () => {
  it('are inserted into a running instance, one at a time, and ejected', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    assertDone(await world.call('POST', `/api/v1/instances/${id}/media`, { source: media, type: 0 }))
    assert.equal((await show(id))['media_source'], 'centos_7_x64_iso')
    assert.match(world.hypervisor.world.find(id).mediaPath ?? '', /\.iso$/)
    await assertRefused(['POST', `/instances/${id}/media`, { source: media }], {
      status: 409,
      field: 'source',
      says: /already has media attached/,
    })
    const inUse = await world.call('DELETE', `/media_images/${media}`)
    assert.equal(inUse.status, 409, inUse.text)
    assertDone(await world.call('DELETE', `/instances/${id}/media/`))
    assert.equal((await show(id))['media_attached'], false)
    assert.equal('media_source' in (await show(id)), false)
    assert.equal(world.hypervisor.world.find(id).mediaPath, null)
    await assertRefused(['DELETE', `/instances/${id}/media`], { status: 409, says: /no media attached/ })
  })

  it('are refused where they are wrong or the guest is off', async () => {
    const off = await makeGuest(world, { name: fresh() })
    await assertRefused(['POST', `/instances/${off}/media`, { source: media }], {
      status: 409,
      says: /must be running/,
    })
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    for (const [body, status, says, field] of [
      [{}, 400, /missing/, 'source'],
      [{ source: null }, 400, /text/, 'source'],
      [{ source: '' }, 404, /no media image/, 'source'],
      [{ source: disk }, 404, /no media image/, 'source'],
      [{ source: emptyMedia }, 400, /no file yet/, 'source'],
      [{ source: media, type: 1 }, 400, /must be 0/, 'type'],
      [{ source: media, type: '0' }, 400, /must be 0/, 'type'],
    ] as const)
      await assertRefused(['POST', `/instances/${id}/media`, body], { status, field, says })
  })
})

describe('instances in a pool or cell', () => {
  it('are shown with their monitor secrets', async () => {
    const id = await makeGuest(world, { name: fresh() })
    for (const path of ['/instance_status/default', '/api/v1/instance_status/default/here/']) {
      const list = (await world.call('GET', path)).data as Record<string, unknown>[]
      const guest = list.find((candidate) => candidate['id'] === id)
      assert.equal(String(guest?.['monitor_secret']).length, 8)
      assert.equal(guest?.['running'], false)
    }
    assert.equal((await world.call('GET', '/instance_status/default/elsewhere')).status, 404)
  })

  it('that are none are 404 by every verb', async () => {
    const earlier = await everything(world)
    for (const id of [
      'nonsense',
      "' OR '1'='1",
      '%2e%2e%2f%2e%2e%2fetc',
      '00000000-0000-4000-8000-000000000000',
    ])
      for (const [method, rest, body] of [
        ['GET', '', undefined],
        ['POST', '', {}],
        ['DELETE', '', { force: true }],
        ['POST', '/media', { source: media }],
        ['DELETE', '/media', undefined],
        ['GET', '/snapshots', undefined],
        ['POST', '/snapshots', { name: 'a' }],
        ['PUT', '/snapshots', { target: 'a' }],
        ['GET', '/snapshots/a', undefined],
        ['DELETE', '/snapshots/a', undefined],
      ] as const) {
        const answer = await world.call(method, `/instances/${encodeURI(id)}${rest}`, body)
        assert.equal(answer.status, 404, `${method} ${id}${rest}: ${answer.text}`)
        assert.equal(answer.code, 'not_found')
      }
    assert.deepEqual(await everything(world), earlier)
  })
})
