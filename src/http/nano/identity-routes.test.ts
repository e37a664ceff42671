import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { testPassword } from '../../../test/support/identity.ts'
import { type Caller, openTestNano, type TestNano } from '../../../test/support/nano.ts'
import { checkDocument } from '../openapi/check.ts'

const opened: TestNano[] = []
after(() => {
  for (const each of opened) each.close()
})

describe('identity in the Nano dialect', () => {
  let test: TestNano
  let admin: Caller
  beforeEach(async () => {
    test = await openTestNano()
    opened.push(test)
    admin = await test.login('admin')
  })
  const data = async (path: string, caller = admin) => {
    const answer = await caller('GET', path)
    assert.equal(answer.status, 200, answer.message)
    return answer.data
  }
  const ok = async (method: string, path: string, body?: unknown) => {
    const answer = await admin(method, path, body)
    assert.equal(answer.status, 200, answer.message)
    return answer.data
  }

  it('describes itself', () => {
    assert.deepEqual(checkDocument(test.operations), [])
  })

  it('takes the bodies of the document for roles, groups and members', async () => {
    const menu = ['dashboard', 'compute_pool', 'address_pool', 'instance']
    assert.equal(await ok('POST', '/roles/operator', { menu }), '')
    assert.deepEqual(await data('/roles/'), ['auditor', 'maintainer', 'manager', 'operator', 'user'])
    assert.deepEqual(((await data('/roles/operator')) as { menu: string[] }).menu, menu)
    await ok('PUT', '/roles/operator', { menu: ['log'] })
    assert.deepEqual(await data('/roles/operator'), { menu: ['log'], resource: ['log.read', 'log.write'] })
    await ok('POST', '/user_groups/manager_group', { display: 'Group of Manager', role: ['manager', 'user'] })
    await ok('POST', '/users/nano', { nick: 'AK', mail: 'a@b.com', password: testPassword })
    await ok('POST', '/user_groups/manager_group/members/nano', {})
    assert.deepEqual(await data('/user_groups/'), [
      { name: 'manager', display: 'Managers', member: 1 },
      { name: 'manager_group', display: 'Group of Manager', member: 1 },
    ])
    assert.deepEqual(await data('/user_groups/manager_group'), {
      name: 'manager_group',
      display: 'Group of Manager',
      role: ['manager', 'user'],
      member: ['nano'],
      quota: { cores: null, memory: null, disk: null, guests: null },
      used: { cores: 0, memory: 0, disk: 0, guests: 0 },
      visibility: { instance_visible: true, disk_image_visible: true, media_image_visible: true },
    })
    assert.deepEqual(await data('/user_groups/manager_group/members/'), ['nano'])
    await ok('PUT', '/user_groups/manager_group', { role: ['user'] })
    await ok('DELETE', '/user_groups/manager_group/members/nano')
    await ok('DELETE', '/user_groups/manager_group')
    await ok('DELETE', '/roles/operator')
  })

  it('takes the bodies of the document for users', async () => {
    await ok('PUT', '/settings/password.min_length', { value: 6 })
    await ok('POST', '/api/v1/users/nano/', { nick: 'AK', mail: 'a@b.com', password: 'abcdefg' })
    assert.deepEqual(await data('/users/'), ['admin', 'nano'])
    assert.deepEqual(await data('/users/nano'), { nick: 'AK', mail: 'a@b.com', group: [] })
    await ok('PUT', '/users/nano', { nick: 'Nano', mail: 'n@b.com' })
    await ok('PUT', '/users/nano/password/', { old: '123456', new: 'abcdef' })
    assert.deepEqual(await data('/user_search/?group=manager'), ['admin'])
    assert.deepEqual(await data('/user_search/'), ['admin', 'nano'])
    assert.equal((await admin('GET', '/user_search/?group=nope')).status, 404)
    await ok('DELETE', '/users/nano')
    assert.equal((await admin('GET', '/users/nano')).status, 404)
  })

  it('states the rule of passwords, names the field, and never repeats the password', async () => {
    const answer = await admin('POST', '/users/nano', { password: 'short12' })
    assert.equal(answer.status, 400)
    assert.equal(answer.field, 'password')
    assert.match(answer.message, /at least 8 characters/)
    assert.doesNotMatch(JSON.stringify(answer), /short12/)
  })

  it('opens, shows, renews, lists and ends sessions', async () => {
    const login = await test.caller()('POST', '/sessions/', {
      user: 'admin',
      password: testPassword,
      nonce: '1234567890',
    })
    const session = login.data as Record<string, unknown>
    assert.equal(login.status, 200)
    assert.deepEqual(
      { ...session, session: '', id: '' },
      {
        session: '',
        id: '',
        user: 'admin',
        group: 'manager',
        address: '',
        timeout: 1800,
        menu: session['menu'],
      },
    )
    assert.match(
      login.headers.get('set-cookie') ?? '',
      /^nacelle_session=[\w-]{43};.*HttpOnly.*SameSite=Strict/,
    )
    const secret = String(session['session'])
    const mine = test.caller(secret)
    const ids = (await data('/sessions/', mine)) as string[]
    assert.equal(ids.length, 2)
    assert.ok(ids.includes(String(session['id'])) && !ids.includes(secret))
    for (const key of [secret, session['id'], 'self']) {
      const shown = (await data(`/sessions/${key}`, mine)) as {
        user: string
        resource: string[]
        menu: string[]
      }
      assert.deepEqual([shown.user, shown.resource], ['admin', ['*']])
      assert.equal((await mine('PUT', `/api/v1/sessions/${key}/`)).data, '')
    }
    assert.doesNotMatch(JSON.stringify(test.observed), new RegExp(secret))
    const ended = await mine('DELETE', '/sessions/self')
    assert.match(ended.headers.get('set-cookie') ?? '', /^nacelle_session=;.*Max-Age=0/)
    assert.equal((await mine('GET', '/sessions/')).status, 401)
    assert.equal((await admin('GET', `/sessions/${secret}`)).status, 404)
  })

  it('answers too many logins with 429 and when to come back', async () => {
    const attempt = () => test.caller()('POST', '/sessions/', { user: 'admin', password: 'wrong' })
    for (let round = 0; round < 5; round++) assert.equal((await attempt()).status, 401)
    const limited = await attempt()
    assert.equal(limited.status, 429)
    assert.equal(limited.headers.get('retry-after'), '1')
    assert.match(limited.message, /try again in 1 s/)
  })

  it('gives the list of logs at the root, and with the total below /api/v1', async () => {
    const content = 'here is a new log for somebody creating a new instance'
    await ok('POST', '/logs/', { format: 'string', content })
    test.time.now += 1000
    await ok('POST', '/api/v1/logs/', { content: 'second' })
    const entries = (await data('/logs/?limit=20')) as { id: string; time: string; content: string }[]
    assert.deepEqual(
      entries.map((entry) => [entry.time, entry.content]),
      [
        ['2026-01-01 00:00:01', 'second'],
        ['2026-01-01 00:00:00', content],
      ],
    )
    const page = (await data('/api/v1/logs/?limit=1&start=1')) as {
      logs: { content: string }[]
      total: number
    }
    assert.deepEqual([page.logs.map((entry) => entry.content), page.total], [[content], 2])
    const between = await data('/logs/?limit=5&after=2026-01-01%2000:00:01&before=2027-01-01')
    assert.equal((between as unknown[]).length, 1)
    assert.equal((await admin('GET', '/logs/?after=yesterday')).field, 'after')
    assert.equal((await admin('GET', '/logs/?limit=0')).field, 'limit')
    await ok('DELETE', '/logs/', { entries: entries.map((entry) => entry.id) })
    assert.deepEqual(await data('/logs/'), [])
  })

  it('gives tokens that work once shown', async () => {
    const made = (await ok('POST', '/tokens/', {
      name: 'ci',
      permissions: ['identity.read'],
      lifetime_seconds: 60,
    })) as {
      id: string
      token: string
      expire_time: string
    }
    assert.equal(made.expire_time, '2026-01-01 00:01:00')
    const script = test.caller(made.token)
    assert.deepEqual(await data('/users/', script), ['admin'])
    assert.equal((await script('POST', '/users/x', { password: testPassword })).status, 403)
    assert.doesNotMatch(JSON.stringify(await data('/tokens/')), new RegExp(made.token))
    await ok('DELETE', `/tokens/${made.id}`)
    assert.equal((await script('GET', '/users/')).status, 401)
  })

  it('sets settings, guarded by their version', async () => {
    const before = await admin('GET', '/settings/vnc.listen')
    assert.equal(before.headers.get('etag'), '"0"')
    await ok('PUT', '/settings/vnc.listen', { value: '0.0.0.0' })
    const stale = await admin('PUT', '/settings/vnc.listen', { value: '' }, { 'if-match': '"0"' })
    assert.equal(stale.status, 412)
    assert.equal(((await data('/settings/vnc.listen')) as { value: string }).value, '0.0.0.0')
    assert.equal((await admin('PUT', '/settings/vnc.listen', { value: 'x' })).field, 'value')
    assert.equal((await admin('PUT', '/settings/nope', { value: 'x' })).status, 404)
    await ok('DELETE', '/settings/vnc.listen')
    assert.ok(((await data('/settings/')) as unknown[]).length > 5)
  })

  it('shows and verifies the journal', async () => {
    await ok('POST', '/users/nano', { password: testPassword })
    const { entries, total } = (await data('/journal/?table=user&key=nano')) as {
      entries: { revision: number; time: string; action: string; changes: { after: object }[] }[]
      total: number
    }
    assert.equal(total, 1)
    const { revision, time, action, changes } = entries[0]!
    assert.deepEqual([time, action], ['2026-01-01T00:00:00.000Z', 'user.create nano'])
    assert.equal('passwordHash' in changes[0]!.after, false)
    assert.equal(((await data(`/journal/${revision}`)) as { action: string }).action, action)
    assert.equal(((await data('/journal/verify')) as { ok: boolean }).ok, true)
    const past = (await data('/journal/state?table=user&time=2025-12-31T23:59:59Z')) as { rows: unknown[] }
    assert.deepEqual(past.rows, [])
    test.sqlite.exec("UPDATE revision SET who = 'x' WHERE revision = 1")
    assert.deepEqual(((await data('/journal/verify')) as { broken: { revision: number } }).broken.revision, 1)
  })

  it('tells what a dry run would do, and does nothing', async () => {
    const answer = await admin('POST', '/users/nano?dry_run=true', { password: testPassword })
    assert.deepEqual(answer.data, {
      plan: [{ step: 'commit', effects: [{ effect: "make the user 'nano'" }] }],
    })
    assert.deepEqual(await data('/users/'), ['admin'])
    await admin('DELETE', '/sessions/self?dry_run=true')
    assert.deepEqual(await data('/users/'), ['admin'])
  })

  it('lets who may only write do so', async () => {
    const made = (await ok('POST', '/tokens/', { name: 'w', permissions: ['identity.write'] })) as {
      token: string
    }
    const writer = test.caller(made.token)
    assert.equal((await writer('GET', '/roles/')).status, 403)
    assert.equal((await writer('PUT', '/roles/user', { menu: ['image'] })).status, 200)
    assert.equal((await writer('PUT', '/user_groups/manager', { display: 'Chiefs' })).status, 200)
  })

  it('refuses an old version of a user, group and role', async () => {
    for (const path of ['/users/admin', '/user_groups/manager', '/roles/user'])
      for (const method of ['PUT', 'DELETE']) {
        const answer = await admin(method, path, method === 'PUT' ? {} : undefined, { 'if-match': '"999"' })
        assert.equal(answer.status, 412, `${method} ${path}`)
      }
  })

  it('lets strangers and mere users do nothing that is not theirs, on any route', async () => {
    await ok('POST', '/users/mere', { password: testPassword })
    await ok('POST', '/user_groups/staff', { role: ['user'] })
    await ok('POST', '/user_groups/staff/members/mere')
    const mere = await test.login('mere')
    const before = test.zone.revision()
    for (const operation of test.operations) {
      if (operation.access === 'public') continue
      const path = operation.path.replace(':user', 'admin').replace(':revision', '1').replace(/:\w+/, 'admin')
      const body = operation.method === 'GET' ? undefined : {}
      const stranger = await test.caller()(operation.method, path, body)
      assert.equal(stranger.status, 401, `${operation.method} ${path}`)
      if (operation.access === 'session') continue
      const answer = await mere(operation.method, path, body)
      assert.equal(answer.status, 403, `${operation.method} ${path}`)
    }
    assert.equal((await mere('GET', '/users/admin')).status, 403)
    assert.equal((await mere('PUT', '/users/admin', { nick: 'x' })).status, 403)
    assert.equal((await mere('PUT', '/users/admin/password', { new: testPassword })).status, 403)
    assert.deepEqual(await data('/users/mere', mere), { nick: '', mail: '', group: ['staff'] })
    assert.equal(test.zone.revision(), before)
  })

  it('says that the appliance is ready, and makes no second first administrator', async () => {
    assert.deepEqual(await data('/api/v1/system/', test.caller()), {
      ready: true,
      max_cores: 64,
      max_memory: 256,
      max_disk: 4096,
      accelerator: null,
      accelerator_reason: '',
      read_only: false,
    })
    const again = await test.caller()('POST', '/api/v1/system/', {
      code: 'x',
      user: 'x',
      password: testPassword,
    })
    assert.equal(again.status, 409)
    const without = await test.caller()('POST', '/api/v1/system/', {
      user: 'x',
      password: testPassword,
      menu: [],
    })
    assert.deepEqual([without.status, without.field], [400, 'code'])
  })
})
