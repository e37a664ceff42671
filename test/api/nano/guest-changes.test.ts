import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Answer,
  ended,
  everything,
  freeAddress,
  hold,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

let count = 0
const fresh = () => `change-${++count}`
const dataOf = (answer: Answer) => answer.data as Record<string, unknown>
const show = async (id: string) => dataOf(await world.call('GET', `/guests/${id}`))

function assertDone(answer: Answer): void {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.data, '')
  assert.equal(answer.message, '')
  assert.match(answer.headers.get('nacelle-task') ?? '', /^[0-9a-f-]{36}$/)
}

/** Refused, and all is as before. */
async function assertRefused(
  [method, path, body]: [string, string, unknown?],
  wanted: { status: number; field?: string; says: RegExp },
): Promise<void> {
  const earlier = await everything(world)
  const answer = await world.call(method, path, body)
  assert.equal(answer.status, wanted.status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`)
  assert.equal(answer.field, wanted.field, answer.text)
  assert.match(answer.message, wanted.says)
  assert.deepEqual(await everything(world), earlier)
}

describe('changing a guest', () => {
  it('sets cores and memory by both generations of paths and both slash forms', async () => {
    const id = await makeGuest(world, { name: fresh() })
    let cores = 2
    for (const path of [
      '/guest/ID/cores',
      '/guests/ID/cores/',
      '/api/v1/guest/ID/cores/',
      '/api/v1/guests/ID/cores',
    ]) {
      assertDone(await world.call('PUT', path.replace('ID', id), { cores: ++cores, immediate: false }))
      assert.equal((await show(id))['cores'], cores)
    }
    for (const [path, memory] of [
      ['/guest/ID/memory', 2 ** 32],
      ['/guests/ID/memory/', 2 ** 30],
    ] as const) {
      assertDone(await world.call('PUT', path.replace('ID', id), { memory }))
      assert.equal((await show(id))['memory'], memory)
    }
    const { defined } = world.hypervisor.world.find(id)
    assert.equal(defined?.cores, cores)
    assert.equal(defined.memoryBytes, 2 ** 30)
  })

  it('changes nothing when the value is the present one', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const revision = world.appliance.zone.revision()
    assertDone(await world.call('PUT', `/guests/${id}/cores`, { cores: 2 }))
    assert.equal(world.appliance.zone.revision(), revision)
  })

  it('lets a running instance go on as it is until its next start', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    assertDone(await world.call('PUT', `/guests/${id}/cores`, { cores: 4 }))
    assert.equal(world.hypervisor.world.find(id).live?.cores, 2)
    await assertRefused(['PUT', `/guests/${id}/cores`, { cores: 8, immediate: true }], {
      status: 422,
      field: 'cores',
      says: /room for 4 cores.*next start/,
    })
    await world.call('DELETE', `/instances/${id}`, { force: true })
    await world.call('POST', `/instances/${id}`)
    assert.equal(world.hypervisor.world.find(id).live?.cores, 4)
  })

  it('refuses wrong cores and memory', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const wrong: [string, object, string, RegExp][] = [
      ['cores', {}, 'cores', /missing/],
      ['cores', { cores: '4' }, 'cores', /number/],
      ['cores', { cores: 0 }, 'cores', /at least 1/],
      ['cores', { cores: -1 }, 'cores', /at least 1/],
      ['cores', { cores: 1.5 }, 'cores', /whole/],
      ['cores', { cores: 65 }, 'cores', /guest\.max_cores/],
      ['cores', { cores: 2, immediate: 'yes' }, 'immediate', /true or false/],
      ['memory', {}, 'memory', /missing/],
      ['memory', { memory: 4048 }, 'memory', /16 MiB/],
      ['memory', { memory: 2 ** 30 + 0.5 }, 'memory', /at least/],
      ['memory', { memory: 2 ** 50 }, 'memory', /guest\.max_memory_gib/],
      ['memory', { memory: null }, 'memory', /number/],
    ]
    for (const [what, body, field, says] of wrong)
      await assertRefused(['PUT', `/guests/${id}/${what}`, body], { status: 400, field, says })
    await assertRefused(['PUT', `/guests/${id}/memory`, { memory: 2 ** 37 }], {
      status: 409,
      field: 'memory',
      says: /largest host/,
    })
  })

  it('renames a stopped guest, with or without the prefix of its group', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const mac = (await show(id))['ethernet_address']
    for (const [sent, name] of [
      ['manager.renamed', 'renamed'],
      ['web.example', 'web.example'],
      ['grün-1', 'grün-1'],
    ]) {
      assertDone(await world.call('PUT', `/api/v1/guests/${id}/name/`, { name: sent }))
      assert.equal((await show(id))['name'], `manager.${name}`)
      assert.equal(world.hypervisor.world.find(id).name, `manager.${name}`)
    }
    const [network] = await world.network.networks()
    assert.equal(network?.hosts.find((host) => host.mac === mac)?.hostname, 'gru-n-1')
    assertDone(await world.call('PUT', `/guest/${id}/name`, { name: 'grün-1' }))
  })

  it('refuses a wrong name, a taken one, and one for a running guest', async () => {
    await makeGuest(world, { name: 'taken' })
    const id = await makeGuest(world, { name: fresh() })
    for (const name of ['', '-rf', '../x', 'a b', 'a\u0000', 'x'.repeat(129), 'manager.', "a'"])
      await assertRefused(['PUT', `/guest/${id}/name`, { name }], {
        status: 400,
        field: 'name',
        says: /1 to 128/,
      })
    for (const name of [5, null, ['a'], undefined])
      await assertRefused(['PUT', `/guest/${id}/name`, { name }], {
        status: 400,
        field: 'name',
        says: /text|missing/,
      })
    for (const name of ['taken', 'manager.taken'])
      await assertRefused(['PUT', `/guest/${id}/name`, { name }], {
        status: 409,
        field: 'name',
        says: /exists/,
      })
    await world.call('POST', `/instances/${id}`)
    await assertRefused(['PUT', `/guest/${id}/name?dry_run=true`, { name: 'b' }], {
      status: 409,
      says: /running/,
    })
    const refused = await world.call('PUT', `/guest/${id}/name`, { name: 'b' })
    assert.equal(refused.status, 409)
    assert.match(refused.message, /running; stop it first/)
  })

  it('knows by If-Match what the caller has read', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const tag = (await world.call('GET', `/guests/${id}`)).headers.get('etag') ?? ''
    const changes: [string, string, object?][] = [
      ['PUT', `/guests/${id}/cores`, { cores: 4 }],
      ['PUT', `/guests/${id}/memory`, { memory: 2 ** 31 }],
      ['PUT', `/guests/${id}/name`, { name: fresh() }],
      ['PUT', `/guests/${id}/auth`, {}],
      ['DELETE', `/guests/${id}`],
    ]
    for (const [method, path, body] of changes) {
      const answer = await world.call(method, path, body, { 'if-match': '"1"' })
      assert.equal(answer.status, 412, `${method} ${path}`)
    }
    // That it runs meanwhile is no change of its record.
    await world.call('POST', `/instances/${id}`)
    assertDone(await world.call('PUT', `/guests/${id}/cores`, { cores: 4 }, { 'if-match': tag }))
    assert.equal(
      (await world.call('PUT', `/guests/${id}/cores`, { cores: 6 }, { 'if-match': tag })).status,
      412,
    )
  })

  it('answers a plan to a dry run of every change and changes nothing', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const running = await makeGuest(world, { name: fresh(), auto_start: true })
    await agent(running)
    const earlier = await everything(world)
    for (const [method, path, body] of [
      ['PUT', `/guests/${id}/cores`, { cores: 8 }],
      ['PUT', `/guests/${id}/memory`, { memory: 2 ** 31 }],
      ['PUT', `/guests/${id}/name`, { name: 'planned' }],
      ['PUT', `/guests/${running}/auth`, { password: 'hush' }],
      ['DELETE', `/guests/${id}`, {}],
    ] as const) {
      const answer = await world.call(method, `${path}?dry_run=true`, body)
      assert.equal(answer.status, 200, answer.text)
      const { plan } = dataOf(answer) as { plan: { step: string; effects: { effect: string }[] }[] }
      assert.ok(plan.length > 0 && plan.some(({ effects }) => effects.length > 0), answer.text)
      assert.doesNotMatch(answer.text, /hush/)
      assert.equal(answer.headers.get('nacelle-task'), null)
    }
    assert.deepEqual(await everything(world), earlier)
  })
})

/** Waits until the agent of a guest has come up. */
async function agent(id: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => (world.hypervisor.world.find(id).agentConnected ? resolve() : void setTimeout(look, 2))
  look()
  return promise
}

describe("a guest's password", () => {
  it('is the one of its creation until another is set, and every reading is journalled', async () => {
    const cloudInit = { admin_name: 'nano', admin_secret: '12345678' }
    const id = await makeGuest(world, { name: fresh(), cloud_init: cloudInit })
    const revision = world.appliance.zone.revision()
    const answer = await world.call('GET', `/api/v1/guest/${id}/auth`)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.data, { user: 'nano', password: '12345678' })
    const [event] = world.appliance.zone.eventsSince(revision, 10)
    assert.match(event?.action ?? '', /^guest\.password read /)
    assert.equal(event?.who, 'admin')
    assert.doesNotMatch(JSON.stringify(world.appliance.zone.eventsSince(0, 1000)), /12345678/)
  })

  it('is unknown of a guest without cloud-init', async () => {
    const id = await makeGuest(world, { name: fresh() })
    assert.deepEqual((await world.call('GET', `/guests/${id}/auth/`)).data, {})
  })

  it('is set through the agent: the given one, or one that is made', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    await agent(id)
    const given = await world.call('PUT', `/guest/${id}/auth`, { password: 'asdb12356', user: 'root' })
    assert.equal(given.status, 200, given.text)
    assert.deepEqual(given.data, { user: 'root', password: 'asdb12356' })
    const made = await world.call('PUT', `/api/v1/guests/${id}/auth`, { user: 'nano', password: '' })
    const { user, password } = dataOf(made)
    assert.equal(user, 'nano')
    assert.match(String(password), /^\w{10}$/)
    assert.deepEqual(
      [...world.hypervisor.world.find(id).passwords],
      [
        ['root', 'asdb12356'],
        ['nano', password],
      ],
    )
    assert.deepEqual((await world.call('GET', `/guests/${id}/auth`)).data, { user, password })
    const tasks = await world.call('GET', `/tasks?subject=guest:${id}`)
    assert.doesNotMatch(tasks.text, /asdb12356/)
  })

  it('needs a running instance whose agent answers, and names what is wrong', async () => {
    const stopped = await makeGuest(world, { name: fresh() })
    await assertRefused(['PUT', `/guests/${stopped}/auth?dry_run=true`, {}], {
      status: 409,
      says: /must be running/,
    })
    assert.equal((await world.call('PUT', `/guests/${stopped}/auth`, {})).status, 409)
    const deaf = await makeGuest(world, { name: `${fresh()}-no-agent`, auto_start: true })
    const answer = await world.call('PUT', `/guests/${deaf}/auth`, {})
    assert.equal(answer.status, 409)
    assert.match(answer.message, /qemu-guest-agent/)
    const running = await makeGuest(world, { name: fresh(), auto_start: true })
    for (const [body, field, says] of [
      [{ user: 'a b' }, 'user', /letters/],
      [{ user: '../x' }, 'user', /letters/],
      [{ user: 5 }, 'user', /text/],
      [{ password: 'a\nb' }, 'password', /control characters/],
      [{ password: 'x'.repeat(129) }, 'password', /128/],
      [{ password: 5 }, 'password', /text/],
    ] as const)
      await assertRefused(['PUT', `/guests/${running}/auth`, body], { status: 400, field, says })
  })
})

describe('deleting a guest', () => {
  it('takes everything away but what lies in quarantine', async () => {
    const clean = await everything(world)
    const id = await makeGuest(world, { name: fresh(), firmware: 'uefi', cloud_init: {}, ports: [8080] })
    assertDone(await world.call('DELETE', `/api/v1/guests/${id}`))
    const { quarantined, ...now } = (await everything(world)) as Record<string, unknown>
    const { quarantined: _, ...then } = clean as Record<string, unknown>
    assert.deepEqual({ ...now, revision: 0, tasks: 0 }, { ...then, revision: 0, tasks: 0 })
    assert.equal((quarantined as string[]).length, 4)
    assert.equal((await world.call('GET', `/guests/${id}`)).status, 404)
    assert.equal((await world.call('DELETE', `/guests/${id}`)).status, 404)
  })

  it('is refused while it runs, and forced by a body on DELETE', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    for (const path of [`/guests/${id}`, `/guests/${id}?dry_run=true`]) {
      await assertRefused(['DELETE', `${path}`, { force: false }], {
        status: 409,
        field: 'force',
        says: /running/,
      })
      await assertRefused(['DELETE', path], { status: 409, field: 'force', says: /running/ })
    }
    await assertRefused(['DELETE', `/guests/${id}`, { force: 'yes' }], {
      status: 400,
      field: 'force',
      says: /true/,
    })
    assertDone(await world.call('DELETE', `/guests/${id}/`, '{ "force": true, }'))
    assert.equal(world.hypervisor.world.domains.has(id), false)
  })

  it('frees name, MAC and address', async () => {
    const same = {
      name: 'phoenix',
      ethernet_address: '52:54:00:99:99:99',
      network_address: freeAddress(world),
    }
    const id = await makeGuest(world, same)
    assertDone(await world.call('DELETE', `/guests/${id}`))
    assert.notEqual(await makeGuest(world, same), id)
  })
})

describe('a guest that a task holds', () => {
  it('is busy, and the answer says with what', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const held = hold(world, 'start')
    const starting = world.call('POST', `/instances/${id}`)
    await held.reached
    for (const [method, path, body] of [
      ['PUT', `/guests/${id}/cores`, { cores: 4 }],
      ['DELETE', `/guests/${id}`, { force: true }],
      ['DELETE', `/instances/${id}`, { force: true }],
    ] as const) {
      const answer = await world.call(method, path, body)
      assert.equal(answer.status, 409, answer.text)
      assert.equal(answer.code, 'busy')
      const { holder, kind, step, since } = answer.details ?? {}
      assert.deepEqual({ kind, step }, { kind: 'instance.start', step: 'start' })
      assert.ok(holder && since)
    }
    held.letGo()
    assertDone(await starting)
  })

  it('is waited for where the caller says how long', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const held = hold(world, 'start')
    const starting = world.call('POST', `/instances/${id}`)
    await held.reached
    const waiting = world.call('PUT', `/guests/${id}/cores?wait=20`, { cores: 4 })
    const impatient = await world.call('PUT', `/guests/${id}/cores?wait=0.05`, { cores: 8 })
    assert.equal(impatient.code, 'busy')
    held.letGo()
    assertDone(await starting)
    assertDone(await waiting)
    assert.equal((await show(id))['cores'], 4)
    for (const wait of ['abc', '-1', '601', ''])
      await assertRefused(['PUT', `/guests/${id}/cores?wait=${wait}`, { cores: 8 }], {
        status: 400,
        field: 'wait',
        says: /seconds/,
      })
  })

  it('cannot be changed while it is being created', async () => {
    const held = hold(world, 'define')
    const answer = await world.call('POST', '/guests', {
      ...{
        name: fresh(),
        owner: 'admin',
        group: 'manager',
        pool: 'default',
        cores: 1,
        memory: 64,
        disks: [64],
      },
    })
    const { id } = dataOf(answer)
    await held.reached
    for (const [method, path, body] of [
      ['PUT', `/guests/${id}/cores`, { cores: 4 }],
      ['PUT', `/guests/${id}/name`, { name: 'x' }],
      ['POST', `/instances/${id}`, {}],
      ['DELETE', `/guests/${id}`, {}],
      ['POST', `/instances/${id}/snapshots`, { name: 'a' }],
      ['POST', '/monitor_channels', { guest: id }],
    ] as const) {
      const refused = await world.call(method, path, body)
      assert.equal(refused.status, 409, `${method} ${path}: ${refused.text}`)
    }
    held.letGo()
    assert.equal((await ended(world, answer)).state, 'done')
  })
})
