// Every field of a guest's creation wrong in each way: a 4xx that names the field and the rule, and nothing has changed.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  everything,
  guestBody,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let world: TestAppliance
/** Names in the table that exist only when the appliance is up. */
const known: Record<string, string> = {}

before(async () => {
  world = await openTestAppliance({ hostMemoryBytes: 64 * 2 ** 30 })
  known['image'] = await makeImage(world, 'disk', { sizeBytes: 2 ** 30 })
  known['media'] = await makeImage(world, 'media')
  const empty = await world.call('POST', '/disk_images', { name: 'empty', owner: 'admin', group: 'manager' })
  known['emptyImage'] = (empty.data as { id: string }).id
  const guest = await makeGuest(world, { name: 'taken', ethernet_address: '52:54:00:00:00:01' })
  const { data } = await world.call('GET', `/guests/${guest}`)
  const { internal } = data as { internal: { allocated_address: string } }
  known['takenAddress'] = internal.allocated_address.split('/')[0] ?? ''
  known['network'] = known['takenAddress'].replace(/\d+$/, '')
  await world.call('POST', '/compute_pools/off', { storage: 'local', network: 'default' })
  await world.call('PUT', '/compute_pools/off', { enable: false, storage: 'local', network: 'default' })
  await world.call('POST', '/compute_pools/homeless', { network: 'default' })
  await world.call('POST', '/compute_pools/nobody', { storage: 'local', network: 'default' })
})
after(() => world.close())

type Value = unknown | ((names: Record<string, string>) => unknown)
interface Wrong {
  /** What is sent instead; a function is given the names above. Undefined leaves the field out. */
  value: Value
  /** Where it differs from the table's. */
  field?: string
  status?: number
  says: RegExp
  /** Other fields that go with it. */
  with?: Record<string, unknown>
}

const text: Wrong[] = [5, true, null, [], {}, ['a']].map((value) => ({ value, says: /text|string/i }))
const missing: Wrong = { value: undefined, says: /missing/ }
const tooLong: Wrong = { value: 'x'.repeat(300), says: /at most 256/ }
const unknown = (what: RegExp): Wrong[] => [
  tooLong,
  ...['nowhere', '', '../etc', "x' OR '1'='1", 'a\u0000b', 'x'.repeat(200)].map((value) => ({
    value,
    status: 404,
    says: what,
  })),
]
const flag: Wrong[] = ['true', 1, null, []].map((value) => ({ value, says: /true or false/ }))
const number: Wrong[] = ['2', true, null, [], {}].map((value) => ({ value, says: /number/ }))
const figure: Wrong[] = [
  ...number,
  { value: -1, says: /negative/ },
  { value: 1.5, says: /whole/ },
  { value: 1e300, says: /at most/ },
  { value: 2 ** 53, says: /at most/ },
]

const badNames = [
  '',
  '-rf',
  '.hidden',
  '_x',
  'a b',
  'a/b',
  '../../etc/passwd',
  'a\u0000b',
  'a\nb',
  'a\u001b[31m',
  'a"b',
  "a'b",
  'a;b',
  '<a/>',
  '$(a)',
  'a\\b',
  'a:b',
  'x'.repeat(129),
  '\u202eabc',
]

const table: Record<string, Wrong[]> = {
  name: [
    missing,
    ...text,
    ...badNames.map((value) => ({ value, says: /1 to 128 letters/ })),
    { value: 'taken', status: 409, says: /exists/ },
    { value: '\u{20000}'.repeat(64), says: /bytes/ },
  ],
  owner: [missing, ...text, ...unknown(/no user/)],
  group: [missing, ...text, ...unknown(/no user group/)],
  pool: [
    missing,
    ...text,
    ...unknown(/no compute pool/),
    { value: 'off', status: 409, says: /disabled/ },
    { value: 'homeless', status: 409, says: /no storage pool/ },
    { value: 'nobody', status: 409, says: /it has no cells/ },
  ],
  cores: [
    missing,
    ...number,
    { value: 0, says: /at least 1/ },
    { value: -4, says: /at least 1/ },
    { value: 1.5, says: /whole/ },
    { value: 65, says: /guest\.max_cores/ },
    { value: 1e300, says: /guest\.max_cores/ },
  ],
  memory: [
    missing,
    ...number,
    { value: 0, says: /at least/ },
    { value: -512, says: /negative/ },
    { value: 0.5, says: /whole/ },
    { value: 15, says: /16 MiB/ },
    { value: 2 ** 40, says: /guest\.max_memory_gib/ },
    { value: 1e300, says: /at most/ },
    { value: 65 * 2 ** 30, status: 409, says: /largest host/ },
  ],
  disks: [
    missing,
    ...['5120', 5120, null, {}].map((value) => ({ value, says: /list/ })),
    { value: [], says: /at least the size of the system disk/ },
    { value: Array(17).fill(1024), says: /at most 16 disks/ },
    { value: ['5120'], field: 'disks[0]', says: /number/ },
    { value: [1024, null], field: 'disks[1]', says: /number/ },
    { value: [[1024]], field: 'disks[0]', says: /number/ },
    { value: [1024, -1], field: 'disks[1]', says: /negative/ },
    { value: [1024.5], field: 'disks[0]', says: /whole/ },
    { value: [0], field: 'disks[0]', says: /at least/ },
    { value: [1048577], field: 'disks[0]', says: /multiple of 512/ },
    { value: [1024, 2 ** 43], field: 'disks[1]', says: /guest\.max_disk_gib/ },
    { value: [1e300], field: 'disks[0]', says: /at most/ },
    { value: [2 ** 42, 2 ** 42], status: 409, says: /free/ },
    {
      value: [512],
      field: 'disks[0]',
      says: /needs at least/,
      with: { from_image: (n: Names) => n['image'] },
    },
  ],
  auto_start: flag,
  system: [...text, ...['a\u0000', 'a\nb', 'x'.repeat(65)].map((value) => ({ value, says: /system/i }))],
  system_version: [
    ...text,
    ...['a\u0000', 'a\nb', 'x'.repeat(65)].map((value) => ({ value, says: /system_version/i })),
  ],
  firmware: [...['efi', '', 'BIOS', 1, null].map((value) => ({ value, says: /bios or uefi/ }))],
  network_address: [
    ...text,
    ...['nonsense', '10.110.0', '10.110.0.256', '10.110.0.010', '::1', '10.110.0.20/24', ' 10.110.0.20'].map(
      (value) => ({ value, says: /IPv4/ }),
    ),
    { value: '192.0.2.77', says: /no range/ },
    { value: (n: Names) => `${n['network']}1`, says: /no range/ },
    { value: (n: Names) => `${n['network']}255`, says: /no range/ },
    { value: (n: Names) => n['takenAddress'], status: 409, says: /taken/ },
  ],
  ethernet_address: [
    ...text,
    ...[
      'nonsense',
      '52:54:00:00:00',
      '52-54-00-00-00-02',
      '525400000002',
      '53:54:00:00:00:02',
      'ff:ff:ff:ff:ff:ff',
      '00:00:00:00:00:00',
      '52:54:00:00:00:0g',
      '52:54:00:00:00:02\n',
    ].map((value) => ({ value, says: /unicast MAC/ })),
    { value: '52:54:00:00:00:01', status: 409, says: /another guest/i },
  ],
  from_image: [
    tooLong,
    ...text,
    ...['nonsense', '../etc', "' OR 1=1 --", '00000000-0000-0000-0000-000000000000'].map((value) => ({
      value,
      status: 404,
      says: /no disk image/,
    })),
    { value: (n: Names) => n['media'], status: 404, says: /no disk image/ },
    { value: (n: Names) => n['emptyImage'], status: 409, says: /no content/ },
  ],
  ports: [
    ...['22', 22, null, {}].map((value) => ({ value, says: /list/ })),
    { value: ['22'], field: 'ports[0]', says: /number/ },
    { value: [22, 0], field: 'ports[1]', says: /1 to 65535/ },
    { value: [65536], field: 'ports[0]', says: /1 to 65535/ },
    { value: [-1], field: 'ports[0]', says: /negative/ },
    { value: [1e300], field: 'ports[0]', says: /1 to 65535/ },
    { value: [80.5], field: 'ports[0]', says: /whole/ },
    { value: [22, 80, 22], field: 'ports[2]', says: /twice/ },
    { value: Array.from({ length: 33 }, (_, i) => i + 1), says: /at most 32/ },
  ],
  modules: [
    ...['qemu', 1, null, {}].map((value) => ({ value, says: /list/ })),
    { value: [1], field: 'modules[0]', says: /text/ },
    { value: ['qemu', 'virtio'], field: 'modules[1]', says: /'qemu' and 'cloud-init'/ },
    { value: [''], field: 'modules[0]', says: /'qemu' and 'cloud-init'/ },
  ],
  cpu_priority: [...['high', 3, -1, 0.5, null].map((value) => ({ value, says: /0 \(high\)/ }))],
  max_io: [...figure, { value: 100, says: /qos/, with: { qos: { read_iops: 50 } } }],
  inbound: figure,
  outbound: figure,
  qos: [...['high', 1, null].map((value) => ({ value, says: /object/i }))],
  'qos.cpu_priority': [...['urgent', 0, null].map((value) => ({ value, says: /high, medium or low/ }))],
  'qos.read_speed': figure,
  'qos.write_speed': figure,
  'qos.read_iops': figure,
  'qos.write_iops': figure,
  'qos.receive_speed': figure,
  'qos.send_speed': figure,
  cloud_init: [...['yes', 1, null].map((value) => ({ value, says: /object/i }))],
  'cloud_init.root_enabled': flag,
  'cloud_init.admin_name': [
    ...text,
    ...['', 'Nano', '1st', '-x', 'a b', 'a:b', 'x'.repeat(33), 'a\nb', '../x'].map((value) => ({
      value,
      says: /user name/,
    })),
  ],
  'cloud_init.admin_secret': [
    ...text,
    ...['a\nb', 'a\u0000b', 'x'.repeat(129)].map((value) => ({ value, says: /1 to 128 characters/ })),
  ],
  'cloud_init.data_path': [
    ...text,
    ...['', 'opt', '/', '/opt/../etc', '/opt/a b', '/opt/\n', '/opt/$(x)', `/${'x'.repeat(256)}`].map(
      (value) => ({
        value,
        says: /absolute path/,
      }),
    ),
  ],
  'cloud_init.ssh_keys': [
    ...['ssh-ed25519 AAAA', 1, null, {}].map((value) => ({ value, says: /list|array/i })),
    { value: [1], field: 'cloud_init.ssh_keys[0]', says: /text/ },
    { value: ['nonsense'], field: 'cloud_init.ssh_keys[0]', says: /public keys/ },
    { value: ['ssh-ed25519 AAAA a\nruncmd: x'], field: 'cloud_init.ssh_keys[0]', says: /public keys/ },
    { value: [`ssh-ed25519 ${'A'.repeat(20_000)}`], field: 'cloud_init.ssh_keys[0]', says: /8192/ },
    { value: Array(65).fill('ssh-ed25519 AAAA'), says: /at most 64/ },
  ],
}

type Names = Record<string, string>
const given = (value: Value) =>
  typeof value === 'function' ? (value as (n: Names) => unknown)(known) : value

function bodyWith(path: string, wrong: Wrong): Record<string, unknown> {
  const extra = Object.fromEntries(
    Object.entries(wrong.with ?? {}).map(([key, value]) => [key, given(value)]),
  )
  const body: Record<string, unknown> = guestBody({ name: 'fresh', ...extra })
  const [outer = '', inner] = path.split('.')
  if (inner) body[outer] = { ...(body[outer] as object), [inner]: given(wrong.value) }
  else body[outer] = given(wrong.value)
  return body
}

const shown = (value: unknown) => {
  const json = typeof value === 'function' ? 'one that was looked up' : (JSON.stringify(value) ?? 'missing')
  return json.length > 50 ? `${json.slice(0, 50)}…` : json
}

async function refused(body: unknown, wanted: { status: number; field: string; says: RegExp }, name: string) {
  const answer = await world.call('POST', '/api/v1/guests/', body)
  assert.equal(answer.status, wanted.status, `${name}: ${answer.text}`)
  assert.equal(answer.field, wanted.field, `${name}: ${answer.text}`)
  assert.match(answer.message, wanted.says, name)
  assert.deepEqual(answer.data, {}, name)
  assert.ok(answer.message.length < 700, `${name}: the message is ${answer.message.length} characters long`)
}

describe('a guest that cannot be', () => {
  for (const [path, cases] of Object.entries(table))
    it(`is refused for its ${path}`, async () => {
      const earlier = await everything(world)
      for (const wrong of cases) {
        const wanted = { status: wrong.status ?? 400, field: wrong.field ?? path, says: wrong.says }
        await refused(bodyWith(path, wrong), wanted, `${path} = ${shown(wrong.value)}`)
      }
      assert.deepEqual(await everything(world), earlier)
    })

  it('is refused the same way to a dry run', async () => {
    const earlier = await everything(world)
    const answer = await world.call('POST', '/guests?dry_run=true', guestBody({ name: 'taken' }))
    assert.equal(answer.status, 409)
    assert.equal(answer.field, 'name')
    assert.deepEqual(await everything(world), earlier)
  })

  const raw: [name: string, body: string, field: string | undefined, says: RegExp][] = [
    ['no JSON', 'name=web1&cores=2', undefined, /not valid JSON/],
    ['a comment', '{"name": "a" /* b */}', undefined, /not valid JSON/],
    ['two values', '{} {}', undefined, /not valid JSON/],
    ['half a body', '{"name": "a"', undefined, /not valid JSON/],
    ['NaN', '{"cores": NaN}', undefined, /not valid JSON/],
    ['a list of two', '[{}, {}]', 'body', /object/i],
    ['an empty list', '[]', 'body', /object/i],
    ['text', '"guest"', 'body', /object/i],
    ['null', 'null', 'body', /object/i],
    ['nothing', '', 'name', /missing/],
    ['a prototype', '{"__proto__": {"name": "a", "owner": "admin"}}', 'name', /missing/],
    ['a deep list that is closed', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'body', /object/i],
    ['a deep list that is open', '['.repeat(500_000), undefined, /not valid JSON/],
    ['a deep object that is open', '{"a":'.repeat(150_000), undefined, /not valid JSON/],
  ]
  for (const [name, body, field, says] of raw)
    it(`is refused as ${name}`, async () => {
      const earlier = await everything(world)
      const answer = await world.call('POST', '/api/v1/guests/', body)
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.field, field)
      assert.match(answer.message, says)
      assert.deepEqual(await everything(world), earlier)
    })

  it('is refused as bytes that are no UTF-8, and as a body that is too large', async () => {
    const earlier = await everything(world)
    const bytes = Buffer.concat([Buffer.from('{"name": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    assert.match((await world.call('POST', '/guests', bytes)).message, /UTF-8/)
    const large = await world.call('POST', '/guests', `{"name": "${'x'.repeat(2 ** 20)}"}`)
    assert.equal(large.status, 413)
    assert.deepEqual(await everything(world), earlier)
  })

  it('is judged by the last of two equal keys', async () => {
    const body = JSON.stringify(guestBody({ name: 'fresh' })).replace('"cores":2', '"cores":2,"cores":0')
    await refused(body, { status: 400, field: 'cores', says: /at least 1/ }, 'two keys')
  })

  it('takes numbers that no number can hold for what they are: too large', async () => {
    const body = JSON.stringify(guestBody({ name: 'fresh' })).replace('"cores":2', '"cores":1e999')
    await refused(body, { status: 400, field: 'cores', says: /whole number/ }, '1e999')
  })

  it('does not show a secret that was wrong', async () => {
    const answer = await world.call(
      'POST',
      '/guests',
      guestBody({ cloud_init: { admin_secret: 'hush\nhush' } }),
    )
    assert.equal(answer.status, 400)
    assert.doesNotMatch(answer.text, /hush/)
  })

  it('forgives trailing commas quickly, however many there are', async () => {
    const started = performance.now()
    const answer = await world.call('POST', '/guests', '[1,]'.repeat(250_000))
    assert.equal(answer.status, 400)
    assert.ok(performance.now() - started < 2_000, `${performance.now() - started} ms`)
  })
})
