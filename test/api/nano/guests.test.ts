import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Answer,
  ended,
  everything,
  freeAddress,
  guestBody,
  hold,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
  tokenOf,
} from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

let count = 0
/** A name that no guest has yet. */
const fresh = () => `guest-${++count}`
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const dataOf = (answer: Answer) => answer.data as Record<string, unknown>
const show = async (id: string) => dataOf(await world.call('GET', `/api/v1/guests/${id}`))

function assertOk(answer: Answer, status = 200): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal((JSON.parse(answer.text) as { error_code: number }).error_code, 0)
  assert.equal(answer.message, '')
}

describe('creating a guest', () => {
  it('answers 202 with its id, then 201 with the progress, then 200 with everything', async () => {
    const held = hold(world, 'define')
    const name = fresh()
    const answer = await world.call('POST', '/api/v1/guests/', guestBody({ name }))
    assertOk(answer, 202)
    const { id, ...rest } = dataOf(answer)
    assert.match(String(id), uuid)
    assert.deepEqual(rest, {})
    await held.reached
    const during = await world.call('GET', `/api/v1/guests/${id}`)
    assertOk(during, 201)
    const { progress, ...creating } = dataOf(during)
    assert.deepEqual(creating, { name: `manager.${name}`, created: false })
    assert.ok(Number(progress) > 0 && Number(progress) < 100, String(progress))
    held.letGo()
    assert.equal((await ended(world, answer)).state, 'done')
    assertOk(await world.call('GET', `/api/v1/guests/${id}`))
  })

  it('shows what was asked for, in bytes, and a monitor secret', async () => {
    const id = await makeGuest(world, {
      name: 'shown',
      memory: 512,
      disks: [2048, 1024],
      system_version: 'centos7',
    })
    const { ethernet_address: mac, monitor_secret, create_time, internal, ...rest } = await show(id)
    assert.match(String(mac), /^52:54:00(:[0-9a-f]{2}){3}$/)
    assert.match(String(monitor_secret), /^[\w-]{8}$/)
    assert.match(String(create_time), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    const { allocated_address, ...addresses } = internal as Record<string, string>
    assert.match(allocated_address ?? '', /^10\.110\.0\.\d+\/24$/)
    assert.deepEqual(addresses, { display_address: '' })
    assert.deepEqual(rest, {
      name: 'manager.shown',
      id,
      ...{ created: true, progress: 100, running: false },
      ...{ owner: 'admin', group: 'manager', pool: 'default', cell: 'here', host: '192.0.2.2' },
      cores: 2,
      memory: 512 << 20,
      total_disk: 3072 * 2 ** 20,
      disks: [2 ** 31, 2 ** 30],
      auto_start: false,
      system: 'linux',
      system_version: 'centos7',
      template: 'centos7',
      ...{ start_priority: 50, start_delay: 0, modules: [], tags: [], firmware: 'bios' },
      ...{ state: 'stopped', display_protocol: 'vnc', external: { display_address: '' }, ports: [] },
      media_attached: false,
      qos: { cpu_priority: 'high' },
      ...{ max_cores: 4, max_memory: 4 * 2 ** 30 },
    })
  })

  it('clones an image, starts it and gives it the address that was asked for', async () => {
    const image = await makeImage(world, 'disk', { name: 'template', sizeBytes: 2 ** 30 })
    const name = fresh()
    const address = freeAddress(world)
    const id = await makeGuest(world, {
      name,
      from_image: image,
      auto_start: true,
      network_address: address,
      ethernet_address: '52:54:00:AA:BB:CC',
      firmware: 'uefi',
      ports: [80],
      modules: ['qemu', 'cloud-init'],
    })
    const guest = await show(id)
    assert.equal(guest['running'], true)
    assert.equal(guest['state'], 'running')
    assert.equal(guest['ethernet_address'], '52:54:00:aa:bb:cc')
    assert.equal((guest['internal'] as Record<string, unknown>)['allocated_address'], `${address}/24`)
    assert.deepEqual(guest['ports'], [{ guest: 80, host: 80 }])
    const spec = world.hypervisor.world.find(id).live
    assert.equal(spec?.domainName, `manager.${name}`)
    assert.equal(spec?.network?.address, address)
    const source = spec?.disks[0]?.source
    const path = source?.kind === 'file' ? source.path : ''
    const system = world.volumes.inUse.get(path.split('/').at(-1) ?? '')
    assert.ok(system?.parent?.startsWith('image-'), 'the system disk is a thin clone')
    assert.equal(system?.virtualSizeBytes, 2 ** 31)
    assert.ok(spec?.seed, 'there is a cloud-init seed')
    assert.ok(spec?.nvramPath, 'there are UEFI variables')
  })

  it('takes an empty image, address, MAC and secret for none', async () => {
    const empty = {
      from_image: '',
      network_address: '',
      ethernet_address: '',
      cloud_init: { admin_secret: '' },
    }
    const id = await makeGuest(world, { name: fresh(), ...empty })
    const { password } = dataOf(await world.call('GET', `/guests/${id}/auth`))
    assert.match(String(password), /^[a-zA-Z2-9]{10}$/)
  })

  it('takes the flat limits of the document and the qos of newer clients', async () => {
    const flat = await makeGuest(world, {
      name: fresh(),
      cpu_priority: 2,
      max_io: 500,
      inbound: 1000,
      outbound: 2000,
    })
    assert.deepEqual((await show(flat))['qos'], {
      cpu_priority: 'low',
      max_io: 500,
      receive_speed: 1000,
      send_speed: 2000,
    })
    const qos = { cpu_priority: 'medium', read_speed: 1, write_speed: 2, read_iops: 3, write_iops: 4 }
    const newer = await makeGuest(world, { name: fresh(), inbound: 7, qos: { ...qos, send_speed: 9 } })
    assert.deepEqual((await show(newer))['qos'], { ...qos, receive_speed: 7, send_speed: 9 })
  })

  it('ignores fields that nobody knows, and takes any content type and an object in a list', async () => {
    const body = JSON.stringify([
      { ...guestBody({ name: fresh() }), colour: 'x', constructor: 1, toString: null },
    ])
    const answer = await world.call('POST', '/guests', body, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    assertOk(answer, 202)
    assert.equal((await ended(world, answer)).state, 'done')
  })

  it('serves both roots, both slash forms and the form with an id', async () => {
    for (const path of ['/guests', '/guests/', '/api/v1/guests', '/api/v1/guests/', '/guests/some-id'])
      assertOk(await world.call('POST', path, guestBody({ name: fresh() })), 202)
  })

  it('gives two that come at once the same name only once', async () => {
    const body = guestBody({ name: fresh() })
    const answers = await Promise.all([1, 2, 3].map(() => world.call('POST', '/guests', body)))
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [202, 409, 409])
    for (const refused of answers.filter(({ status }) => status === 409)) assert.equal(refused.field, 'name')
    for (const answer of answers.filter(({ status }) => status === 202)) await ended(world, answer)
  })

  it('gives two that come at once the same MAC and address only once', async () => {
    const twins = (more: object) =>
      Promise.all([1, 2].map(() => world.call('POST', '/guests', guestBody({ name: fresh(), ...more }))))
    for (const [field, value] of [
      ['ethernet_address', '52:54:00:12:12:12'],
      ['network_address', freeAddress(world)],
    ] as const) {
      const answers = await twins({ [field]: value })
      assert.deepEqual(answers.map((answer) => answer.status).sort(), [202, 409], field)
      assert.equal(answers.find(({ status }) => status === 409)?.field, field)
      await ended(world, answers.find(({ status }) => status === 202) as Answer)
    }
  })

  it('refuses a name that would be the domain of another guest', async () => {
    await world.call('POST', '/user_groups/manager.web', { display: '', role: ['user'] })
    await makeGuest(world, { name: 'web.one' })
    const answer = await world.call('POST', '/guests', guestBody({ group: 'manager.web', name: 'one' }))
    assert.equal(answer.status, 409, answer.text)
    assert.equal(answer.field, 'name')
  })

  it('answers the reason of a creation that failed, and leaves nothing', async () => {
    const earlier = await everything(world)
    const answer = await world.call('POST', '/guests', guestBody({ name: 'fail-start', auto_start: true }))
    assertOk(answer, 202)
    const task = await ended(world, answer)
    assert.equal(task.state, 'failed')
    const gone = await world.call('GET', `/guests/${dataOf(answer)['id']}`)
    assert.equal(gone.status, 404)
    assert.match(gone.message, /was not created: .*memory of the guest/)
    assert.equal(gone.details?.['task'], task.id)
    const { revision: _, tasks: __, ...rest } = (await everything(world)) as Record<string, unknown>
    const { revision: ___, tasks: ____, ...before } = earlier as Record<string, unknown>
    assert.deepEqual(rest, before)
  })

  it('answers a plan to a dry run and changes nothing', async () => {
    const image = await makeImage(world, 'disk', { name: 'planned' })
    const earlier = await everything(world)
    const body = guestBody({
      name: fresh(),
      from_image: image,
      auto_start: true,
      cloud_init: { admin_secret: 'hush' },
    })
    const answer = await world.call('POST', '/api/v1/guests/?dry_run=true', body)
    assertOk(answer)
    assert.equal(answer.headers.get('nacelle-task'), null)
    const { plan } = dataOf(answer) as { plan: { step: string; effects: { effect: string }[] }[] }
    assert.deepEqual(
      plan.map(({ step }) => step),
      ['reserve', 'image', 'address', 'disks', 'nvram', 'cloud-init seed', 'define', 'start', 'finish'],
    )
    assert.match(JSON.stringify(plan), /thin clone of image 'planned' grown to 2147483648 bytes/)
    assert.doesNotMatch(answer.text, /hush/)
    assert.deepEqual(await everything(world), earlier)
  })
})

describe('reading guests', () => {
  it('answers a version that changes with the record and with what is seen of the instance', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const first = await world.call('GET', `/guests/${id}`)
    const tag = first.headers.get('etag') ?? ''
    assert.match(tag, /^".+"$/)
    const same = await world.call('GET', `/guests/${id}`, undefined, { 'if-none-match': tag })
    assert.equal(same.status, 304)
    assert.equal(same.text, '')
    await world.call('POST', `/instances/${id}`)
    const started = await world.call('GET', `/guests/${id}`, undefined, { 'if-none-match': tag })
    assert.equal(started.status, 200)
    assert.equal(dataOf(started)['running'], true)
  })

  it('answers lists, never null, sorted by name', async () => {
    const none = await world.call('GET', '/guest_search/?pool=nowhere')
    assert.deepEqual(none.data, [])
    const all = (await world.call('GET', '/guest_search?pool=default')).data as {
      name: string
      created: boolean
    }[]
    assert.ok(all.length > 5)
    const names = all.map(({ name }) => name)
    assert.deepEqual(names, names.toSorted())
    assert.ok(all.every((guest) => !('monitor_secret' in guest)))
  })

  it('finds by cell, owner, group, status and whether it is created', async () => {
    const alices = await makeGuest(world, { name: 'alices', owner: 'alice', group: 'staff' })
    const running = await makeGuest(world, {
      name: 'running',
      owner: 'carol',
      group: 'guests',
      auto_start: true,
    })
    const search = async (query: string) =>
      ((await world.call('GET', `/guest_search/?pool=default&${query}`)).data as { id: string }[]).map(
        ({ id }) => id,
      )
    assert.deepEqual(await search('owner=alice'), [alices])
    assert.deepEqual(await search('group=guests'), [running])
    assert.deepEqual((await search('owner=alice&group=guests')).toSorted(), [alices, running].toSorted())
    assert.ok((await search('status=1')).includes(running))
    assert.ok(!(await search('status=1')).includes(alices))
    assert.ok((await search('status=0')).includes(alices))
    assert.deepEqual(await search('created=false'), [])
    assert.ok((await search('created=true')).includes(alices))
    assert.ok((await search('cell=here')).includes(alices))
    assert.deepEqual(await search('cell=there'), [])
  })

  it('refuses a search without a pool, or with a status that is none', async () => {
    for (const [query, field] of [
      ['', 'pool'],
      ['?pool=default&status=2', 'status'],
      ['?pool=default&created=maybe', 'created'],
      ['?pool=default&pool=other', 'pool'],
    ]) {
      const answer = await world.call('GET', `/guest_search/${query}`)
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.field, field)
    }
  })

  it('answers pages by keyword', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await makeGuest(world, { name })
    const find = async (body: object) => dataOf(await world.call('POST', '/search/guests/', body))
    const none = { creating: 0, running: 0, paused: 0, stopping: 0, stopped: 0, crashed: 0 }
    const page = await find({ keyword: 'page-', limit: 2, offset: 1 })
    assert.deepEqual(
      { ...page, result: (page['result'] as { name: string }[]).map(({ name }) => name) },
      {
        result: ['manager.page-2', 'manager.page-3'],
        total: 3,
        counts: { ...none, stopped: 3 },
        limit: 2,
        offset: 1,
      },
    )
    assert.deepEqual(await find({ keyword: 'page-', offset: 30 }), {
      result: [],
      total: 3,
      counts: { ...none, stopped: 3 },
      limit: 20,
      offset: 30,
    })
    assert.deepEqual(await find({ keyword: '%' }), {
      result: [],
      total: 0,
      counts: none,
      limit: 20,
      offset: 0,
    })
    for (const [body, field] of [
      [{ limit: 0 }, 'limit'],
      [{ limit: 'a' }, 'limit'],
      [{ limit: 1001 }, 'limit'],
      [{ offset: -1 }, 'offset'],
      [{ offset: 0.5 }, 'offset'],
      [{ keyword: 5 }, 'keyword'],
      [{ pool: [] }, 'pool'],
    ] as const) {
      const answer = await world.call('POST', '/search/guests', body)
      assert.equal(answer.status, 400)
      assert.equal(answer.field, field)
    }
  })

  it('answers HTTP 200 with an error code to callers that send Nano-Session', async () => {
    const session = { 'Nano-Session': tokenOf('admin') }
    const missing = await world.call('GET', '/api/v1/guests/nonsense', undefined, session)
    assert.equal(missing.status, 200)
    assert.deepEqual(
      { error_code: 500, data: {}, message: missing.message },
      {
        error_code: JSON.parse(missing.text).error_code,
        data: missing.data,
        message: "There is no guest 'nonsense'.",
      },
    )
    const wrong = await world.call('POST', '/api/v1/guests/', guestBody({ cores: 0 }), session)
    assert.equal(wrong.status, 200)
    assert.equal(wrong.field, 'cores')
    const nobody = await world.call('GET', '/api/v1/guests/x', undefined, { 'Nano-Session': 'nobody' })
    assert.equal(nobody.status, 200)
    assert.equal(nobody.code, 'unauthenticated')
  })

  it('answers 404 to ids that are none, whatever they look like', async () => {
    const earlier = await everything(world)
    const ids = [
      'nonsense',
      "' OR '1'='1",
      '../../etc/passwd',
      '%00',
      '..',
      'a'.repeat(2000),
      '<script>',
      '__proto__',
    ]
    for (const id of ids) {
      const path = encodeURIComponent(id).replace(/^\.\.$/, '%2e%2e')
      for (const [method, rest, body] of [
        ['GET', `/guests/${path}`, undefined],
        ['DELETE', `/guests/${path}`, { force: true }],
        ['PUT', `/guests/${path}/cores`, { cores: 1 }],
        ['PUT', `/guest/${path}/memory/`, { memory: 2 ** 30 }],
        ['PUT', `/guests/${path}/name`, { name: 'x' }],
        ['PUT', `/guests/${path}/auth`, {}],
        ['GET', `/guest/${path}/auth`, undefined],
      ] as const) {
        const answer = await world.call(method, rest, body)
        assert.ok([404, 405].includes(answer.status), `${method} ${rest}: ${answer.text}`)
        assert.ok(answer.message.length < 3000)
      }
    }
    assert.equal((await world.call('GET', '/guests/%ff')).status, 404)
    assert.deepEqual(await everything(world), earlier)
  })
})
