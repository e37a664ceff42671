// From nothing to an appliance on which a guest can be made at once.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type Answer,
  ended,
  guestBody,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

const dataOf = (answer: Answer) => answer.data as Record<string, unknown>
const password = 'correct horse'

describe('an appliance that has just been started for the first time', () => {
  let world: TestAppliance
  let session = ''
  before(async () => {
    world = await openTestAppliance({ idle: true })
  })
  after(() => world.close())

  it('says that it is not set up, to anybody', async () => {
    const system = await world.as(null)('GET', '/api/v1/system/')
    assert.deepEqual(system.data, {
      ready: false,
      max_cores: 64,
      max_memory: 256,
      max_disk: 4096,
      accelerator: null,
      accelerator_reason: '',
      read_only: false,
    })
  })

  it('has no user and no default password', async () => {
    // Each by another name: who guesses has to wait.
    for (const user of ['nano', 'root', 'nacelle']) {
      const answer = await world.as(null)('POST', '/sessions/', { user, password: user })
      assert.equal(answer.status, 401, answer.text)
    }
  })

  it('makes the first administrator only for who knows the code', async () => {
    const stranger = world.as(null)
    const code = world.appliance.identity.setup.issueCode()
    const request = { user: 'admin', password }
    for (const [body, status, field] of [
      [request, 400, 'code'],
      [{ ...request, code: '' }, 403, 'code'],
      [{ ...request, code: 'AAAA-BBBB-CCCC' }, 403, 'code'],
      [{ code, user: 'admin' }, 400, 'password'],
      [{ code, user: 'admin', password: 'short' }, 400, 'password'],
      [{ code, user: '../admin', password }, 400, 'user'],
    ] as const) {
      const answer = await stranger('POST', '/api/v1/system/', body)
      assert.equal(answer.status, status, answer.text)
      assert.equal(answer.field, field)
      assert.doesNotMatch(answer.text, /correct horse/)
    }
    assert.match((await stranger('POST', '/system', { code, user: 'a', password: 'short' })).message, /8/)
    assert.equal(dataOf(await stranger('GET', '/system'))['ready'], false)
    const made = await stranger('POST', '/api/v1/system/', {
      ...request,
      code,
      menu: ['dashboard', 'instance'],
    })
    assert.equal(made.status, 200, made.text)
    assert.equal(dataOf(await stranger('GET', '/system'))['ready'], true)
    for (const again of [code, 'AAAA-BBBB-CCCC'])
      assert.equal((await stranger('POST', '/system', { code: again, user: 'eve', password })).status, 409)
    const login = await stranger('POST', '/api/v1/sessions/', { ...request, nonce: '0123456789abcdef' })
    assert.equal(login.status, 200, login.text)
    const { group, menu } = dataOf(login)
    assert.deepEqual([group, menu], ['manager', ['dashboard', 'instance']])
    session = String(dataOf(login)['session'])
  })

  it('is read before it is up, and refuses changes with the reason', async () => {
    const call = world.as(session)
    for (const path of ['/guest_search?pool=default', '/media_images', '/tasks', '/users', '/compute_pools'])
      assert.equal((await call('GET', path)).status, 200, path)
    for (const [method, path, body] of [
      ['POST', '/guests', guestBody()],
      ['POST', '/guests?dry_run=true', guestBody()],
      ['DELETE', '/guests/x', {}],
      ['POST', '/media_images', { name: 'a', owner: 'admin', group: 'manager' }],
      ['POST', '/users/eve', { password }],
    ] as const) {
      const answer = await call(method, path, body)
      assert.equal(answer.status, 503, answer.text)
      assert.match(answer.message, /starting; try again/)
    }
  })

  it('then has everything that a guest needs', async () => {
    await world.bringUp()
    const call = world.as(session)
    assert.partialDeepStrictEqual((await call('GET', '/compute_pools/')).data, [
      { name: 'default', enabled: true, cells: 1, network: 'default', storage: 'local', failover: false },
    ])
    const cells = (await call('GET', '/compute_pool_cells/default')).data as object[]
    assert.partialDeepStrictEqual(cells, [{ name: 'here', address: '192.0.2.2', enabled: true, alive: true }])
    const [storage] = (await call('GET', '/storage_pools')).data as object[]
    assert.partialDeepStrictEqual(storage, { name: 'local', type: 'dir' })
    const [network] = (await call('GET', '/address_pools')).data as object[]
    assert.partialDeepStrictEqual(network, {
      name: 'default',
      gateway: '10.110.0.1',
      provider: 'dhcp',
      allocated: 0,
    })
    assert.deepEqual(((await call('GET', '/roles')).data as string[]).toSorted(), [
      'auditor',
      'maintainer',
      'manager',
      'user',
    ])
    const [group] = (await call('GET', '/user_groups')).data as object[]
    assert.partialDeepStrictEqual(group, { name: 'manager', member: 1 })
    const made = await call('POST', '/guests', guestBody({ auto_start: true }))
    assert.equal(made.status, 202, made.text)
    assert.equal((await ended(world, made)).state, 'done')
  })

  it('makes none of it again at the next start', async () => {
    const revision = world.appliance.zone.revision()
    await world.bringUp()
    assert.equal(world.appliance.zone.revision(), revision)
  })
})

describe('the program, where libvirt does not answer', () => {
  let directory = ''
  let program: ChildProcess
  let url = ''
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-first-'))
    const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
    const socket = join(directory, 'no-libvirt')
    const flags = [
      ...['--data-dir', join(directory, 'data'), '--listen', 'http://127.0.0.1:0'],
      ...['--libvirt-uri', `qemu+unix:///system?socket=${socket}`],
    ]
    program = spawn(process.execPath, [main, 'serve', ...flags], {
      env: { ...process.env, NACELLE_ADMIN_PASSWORD: password },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    for await (const line of createInterface({ input: program.stdout! })) {
      assert.doesNotMatch(line, /one-time code/)
      url = /listens on (\S+)/.exec(line)?.[1] ?? url
      if (line.includes('/api/v1/system/')) break
    }
  })
  after(async () => {
    if (program.exitCode === null) {
      program.kill('SIGTERM')
      await once(program, 'exit')
    }
    await rm(directory, { recursive: true, force: true })
  })

  it('has the administrator of NACELLE_ADMIN_PASSWORD, is read, and refuses changes', async () => {
    const ask = async (method: string, path: string, body?: object, session = '') => {
      const headers = session ? { authorization: `Bearer ${session}` } : {}
      const response = await fetch(new URL(`/api/v1${path}`, url), {
        method,
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      return { status: response.status, ...((await response.json()) as { data: unknown; message: string }) }
    }
    assert.equal(((await ask('GET', '/system/')).data as { ready: boolean }).ready, true)
    const wrong = await ask('POST', '/sessions/', { user: 'admin', password: 'wrong horse' })
    assert.equal(wrong.status, 401)
    const login = await ask('POST', '/sessions/', { user: 'admin', password })
    assert.equal(login.status, 200)
    const { session, group } = login.data as { session: string; group: string }
    assert.equal(group, 'manager')
    assert.deepEqual((await ask('GET', '/guest_search/?pool=default', undefined, session)).data, [])
    const refused = await ask('POST', '/guests/', guestBody(), session)
    assert.equal(refused.status, 503)
    assert.match(refused.message, /appliance is (starting|not up yet)/)
    assert.equal((await fetch(new URL('/readyz', url))).status, 503)
    assert.equal((await fetch(new URL('/healthz', url))).status, 200)
  })
})
