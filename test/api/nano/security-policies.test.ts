import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { systemContext } from '../../../src/core/context.ts'
import type { TrafficPolicy } from '../../../src/core/traffic-filters.ts'
import { createPoliciesReconciler } from '../../../src/reconcilers/policies.ts'
import {
  type Call,
  everything,
  guestBody,
  hold,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'
import { silentLog } from '../serve.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const ok = async (method: string, path: string, body?: unknown, call: Call = world.call) => {
  const answer = await call(method, `/api/v1${path}`, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.data
}

/** What the guest's card is held to, in words. */
const held = (id: string): string[] => {
  const filter = world.hypervisor.filters.held.get(id)
  assert.ok(filter, 'the guest has no filter')
  return inWords(filter.policy)
}
const inWords = ({ rules, otherwise }: TrafficPolicy) => [
  ...rules.map(({ action, protocol, toPort }) => `${action} ${protocol} ${toPort ?? 'any'}`),
  otherwise,
]
const routed = (id: string) =>
  world.routedPolicies.present?.filter((policy) => policy.id === id).map(({ policy }) => inWords(policy))[0]

const rule = (to_port: number, action = 'accept', protocol = 'tcp') => ({ action, protocol, to_port })
const group = async (more: object = {}, call: Call = world.call) => {
  const body = { name: `g-${Math.random().toString(36).slice(2)}`, ...more }
  return ((await ok('POST', '/security_policy_groups/', body, call)) as { id: string }).id
}

let number = 0
const guest = (more: Record<string, unknown> = {}, call: Call = world.call) =>
  makeGuest(world, { name: `p${++number}`, ...more }, call)

describe("a guest's own policy", () => {
  let id: string
  beforeEach(async () => {
    id = await guest()
  })

  it('is open at first, but its addresses are guarded', async () => {
    assert.deepEqual(await ok('GET', `/guests/${id}/security_policy/`), {
      default_action: 'accept',
      inherited: true,
      rules: [],
    })
    const filter = world.hypervisor.filters.held.get(id)
    const shown = (await ok('GET', `/guests/${id}`)) as {
      ethernet_address: string
      internal: { allocated_address: string }
    }
    assert.equal(filter?.mac, shown.ethernet_address)
    assert.equal(filter?.address, shown.internal.allocated_address.split('/')[0])
  })

  it('is held to at once by each change, on both generations of paths', async () => {
    await ok('PUT', `/guests/${id}/security_policy/default_action`, { action: 'reject' })
    assert.deepEqual(held(id), ['reject'])
    await ok('POST', `/guest/${id}/security_policy/rules/`, rule(22))
    await ok('POST', `/guests/${id}/security_policy/rules`, rule(80))
    await ok('POST', `/guest/${id}/security_policy/rules`, rule(0, 'reject', 'icmp'))
    assert.deepEqual(held(id), ['accept tcp 22', 'accept tcp 80', 'reject icmp any', 'reject'])
    await ok('PUT', `/guest/${id}/security_policy/rules/1/order`, { direction: 'up' })
    assert.deepEqual(held(id), ['accept tcp 80', 'accept tcp 22', 'reject icmp any', 'reject'])
    await ok('PUT', `/guests/${id}/security_policy/rules/0/order`, { to: 2 })
    assert.deepEqual(held(id), ['accept tcp 22', 'reject icmp any', 'accept tcp 80', 'reject'])
    await ok('PUT', `/guests/${id}/security_policy/rules/2/order`, { to: 0 })
    await ok('PUT', `/guests/${id}/security_policy/rules/0`, rule(443))
    await ok('DELETE', `/guests/${id}/security_policy/rules/1`)
    assert.deepEqual(held(id), ['accept tcp 443', 'reject icmp any', 'reject'])
    assert.deepEqual(routed(id), held(id))
    assert.deepEqual(await ok('GET', `/guests/${id}/security_policy/`), {
      default_action: 'reject',
      inherited: false,
      rules: [rule(443), { action: 'reject', protocol: 'icmp', to_port: 0 }],
    })
    assert.deepEqual(await ok('GET', `/guests/${id}/security_policy/rules/0`), rule(443))
  })

  it('keeps addresses of rules, in their plain form', async () => {
    const body = { ...rule(22), from_address: '10.1.2.3/8', to_address: '' }
    await ok('POST', `/guests/${id}/security_policy/rules/`, body)
    assert.deepEqual(await ok('GET', `/guests/${id}/security_policy/rules/0`), {
      ...rule(22),
      from_address: '10.0.0.0/8',
    })
  })

  it('names each field that is wrong, and changes nothing', async () => {
    await ok('POST', `/guests/${id}/security_policy/rules/`, rule(22))
    const unchanged = await everything(world)
    const rules = `/guests/${id}/security_policy/rules`
    const wrong: [string, string, unknown, number, string?][] = [
      ['POST', rules, {}, 400, 'action'],
      ['POST', rules, { ...rule(22), action: 'drop' }, 400, 'action'],
      ['POST', rules, { ...rule(22), protocol: 'gre' }, 400, 'protocol'],
      ['POST', rules, { ...rule(22), to_port: 70000 }, 400, 'to_port'],
      ['POST', rules, { ...rule(22), to_port: -1 }, 400, 'to_port'],
      ['POST', rules, { ...rule(22), to_port: 'ssh' }, 400, 'to_port'],
      ['POST', rules, rule(22, 'accept', 'icmp'), 400, 'to_port'],
      ['POST', rules, { ...rule(22), from_address: 'somewhere' }, 400, 'from_address'],
      ['POST', rules, { ...rule(22), from_address: "1' />" }, 400, 'from_address'],
      ['POST', rules, { ...rule(22), to_address: '10.0.0.0/40' }, 400, 'to_address'],
      ['POST', rules, { ...rule(22), to_address: 5 }, 400, 'to_address'],
      ['PUT', `${rules}/1`, rule(22), 404],
      ['PUT', `${rules}/x`, rule(22), 400, 'index'],
      ['DELETE', `${rules}/1`, undefined, 404],
      ['GET', `${rules}/-1`, undefined, 400, 'index'],
      ['PUT', `${rules}/0/order`, { direction: 'left' }, 400, 'direction'],
      ['PUT', `${rules}/0/order`, { direction: 'up' }, 409, 'direction'],
      ['PUT', `${rules}/0/order`, {}, 400, 'direction'],
      ['PUT', `${rules}/0/order`, { to: -1 }, 400, 'to'],
      ['PUT', `${rules}/0/order`, { direction: 'down' }, 409, 'direction'],
      ['PUT', `/guests/${id}/security_policy/default_action`, { action: 'drop' }, 400, 'action'],
      ['PUT', `/guests/${id}/security_policy/default_action`, {}, 400, 'action'],
      [
        'PUT',
        `/guests/${id}/security_policy/group`,
        { security_policy_group: 'x' },
        404,
        'security_policy_group',
      ],
      ['GET', '/guests/none/security_policy/', undefined, 404],
      ['POST', '/guests/none/security_policy/rules', rule(22), 404],
    ]
    for (const [method, path, body, status, field] of wrong) {
      const answer = await world.call(method, `/api/v1${path}`, body)
      assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`)
      assert.equal(answer.field, field, answer.text)
    }
    assert.deepEqual(await everything(world), unchanged)
  })

  it('takes no change that means another version, and none under a task', async () => {
    const path = `/api/v1/guests/${id}/security_policy`
    const tag = (await world.call('GET', `${path}/rules`)).headers.get('etag') ?? ''
    await ok('PUT', `/guests/${id}/security_policy/default_action`, { action: 'reject' })
    for (const [method, rest, body] of [
      ['POST', '/rules', rule(22)],
      ['PUT', '/default_action', { action: 'accept' }],
    ] as const)
      assert.equal((await world.call(method, path + rest, body, { 'if-match': tag })).status, 412)
    const gate = hold(world, 'start')
    const starting = world.call('POST', `/api/v1/instances/${id}`, {})
    await gate.reached
    assert.equal((await world.call('POST', `${path}/rules`, rule(22))).status, 409)
    gate.letGo()
    await starting
    assert.deepEqual(held(id), ['reject'])
  })

  it('says in a dry run what it would do, and does nothing', async () => {
    const path = `/api/v1/guests/${id}/security_policy/rules?dry_run=true`
    const answer = await world.call('POST', path, rule(22))
    assert.match(answer.text, /another security policy/)
    assert.deepEqual(held(id), ['accept'])
  })
})

describe('a security policy group', () => {
  it('changes every guest that uses it, behind the own rules of each', async () => {
    const shared = await group({ default_action: 'reject' })
    const [a, b] = [
      await guest({ security_policy_group: shared }),
      await guest({ security_policy_group: shared }),
    ]
    assert.deepEqual(held(a), ['reject'])
    await ok('POST', `/guests/${b}/security_policy/rules`, rule(22))
    await ok('POST', `/security_policy_groups/${shared}/rules/`, rule(80))
    await ok('POST', `/security_policy_groups/${shared}/rules/`, rule(443))
    await ok('PUT', `/security_policy_groups/${shared}/rules/1/order`, { direction: 'up' })
    assert.deepEqual(held(a), ['accept tcp 443', 'accept tcp 80', 'reject'])
    assert.deepEqual(held(b), ['accept tcp 22', 'accept tcp 443', 'accept tcp 80', 'reject'])
    assert.deepEqual(routed(b), held(b))
    await ok('PUT', `/security_policy_groups/${shared}`, { enabled: false })
    assert.deepEqual(held(b), ['accept tcp 22', 'accept'])
    await ok('PUT', `/security_policy_groups/${shared}`, { enabled: true })
    await ok('DELETE', `/security_policy_groups/${shared}/rules/0`)
    await ok('PUT', `/security_policy_groups/${shared}/rules/0`, rule(8080))
    assert.deepEqual(held(a), ['accept tcp 8080', 'reject'])
    assert.deepEqual(await ok('GET', `/security_policy_groups/${shared}/rules/`), [rule(8080)])
    const shown = (await ok('GET', `/guests/${a}`)) as { security_policy_group: string }
    assert.equal(shown.security_policy_group, shared)
    const refused = await world.call('DELETE', `/api/v1/security_policy_groups/${shared}`)
    assert.equal(refused.status, 409)
    assert.match(refused.message, /still used by manager\.p\d+, manager\.p\d+/)
    for (const id of [a, b])
      await ok('PUT', `/guests/${id}/security_policy/group`, { security_policy_group: null })
    assert.deepEqual(held(a), ['accept'])
    await ok('DELETE', `/security_policy_groups/${shared}`)
    assert.equal((await world.call('GET', `/api/v1/security_policy_groups/${shared}`)).status, 404)
  })

  it('is made with its defaults, read, searched and changed', async () => {
    const id = await group({ name: 'plain' })
    const made = {
      id,
      name: 'plain',
      description: '',
      user: 'admin',
      group: 'manager',
      enabled: true,
      global: false,
      default_action: 'accept',
    }
    assert.deepEqual(await ok('GET', `/security_policy_groups/${id}`), made)
    await ok('PUT', `/security_policy_groups/${id}`, { global: true, description: 'for all' })
    const changed = { ...made, global: true, description: 'for all' }
    const find = async (query: string) =>
      ((await ok('GET', `/search/security_policy_groups/?${query}`)) as { name: string }[]).map(
        ({ name }) => name,
      )
    assert.deepEqual(await ok('GET', `/security_policy_groups/${id}`), changed)
    assert.ok((await find('owner=nobody')).includes('plain'), 'those for all are always found')
    assert.ok((await find('owner=&group=&enabled_only=true&global_only=true')).includes('plain'))
    await ok('PUT', `/security_policy_groups/${id}`, { enabled: false })
    assert.ok(!(await find('enabled_only=true')).includes('plain'))
    assert.ok((await find('enabled_only=false')).includes('plain'))
    await ok('PUT', `/security_policy_groups/${id}`, { global: false })
    assert.ok(!(await find('owner=nobody')).includes('plain'))
    assert.ok((await find('owner=nobody&group=manager')).includes('plain'))
    assert.ok(!(await find('global_only=true')).includes('plain'))
    await ok('DELETE', `/security_policy_groups/${id}`)
  })

  it('names each field that is wrong, and changes nothing', async () => {
    const id = await group({ name: 'taken' })
    const unchanged = await everything(world)
    const path = '/security_policy_groups'
    const wrong: [string, string, unknown, number, string?][] = [
      ['POST', path, {}, 400, 'name'],
      ['POST', path, { name: '' }, 400, 'name'],
      ['POST', path, { name: 'a b' }, 400, 'name'],
      ['POST', path, { name: 'taken' }, 409, 'name'],
      ['POST', path, { name: 'x', description: 5 }, 400, 'description'],
      ['POST', path, { name: 'x', description: 'a\u0007' }, 400, 'description'],
      ['POST', path, { name: 'x', user: 'nobody' }, 404, 'user'],
      ['POST', path, { name: 'x', group: 'none' }, 404, 'group'],
      ['POST', path, { name: 'x', enabled: 'yes' }, 400, 'enabled'],
      ['POST', path, { name: 'x', global: 1 }, 400, 'global'],
      ['POST', path, { name: 'x', default_action: 'drop' }, 400, 'default_action'],
      ['PUT', `${path}/${id}`, { default_action: 'drop' }, 400, 'default_action'],
      ['PUT', `${path}/${id}`, { user: 'nobody' }, 404, 'user'],
      ['PUT', `${path}/none`, {}, 404],
      ['DELETE', `${path}/none`, undefined, 404],
      ['POST', `${path}/${id}/rules`, { ...rule(22), to_port: 1.5 }, 400, 'to_port'],
      ['PUT', `${path}/${id}/rules/0/order`, { direction: 'up' }, 404],
      ['GET', '/search/security_policy_groups?enabled_only=perhaps', undefined, 400, 'enabled_only'],
      [
        'POST',
        '/guests',
        guestBody({ name: 'g', security_policy_group: 'none' }),
        404,
        'security_policy_group',
      ],
    ]
    for (const [method, at, body, status, field] of wrong) {
      const answer = await world.call(method, `/api/v1${at}`, body)
      assert.equal(answer.status, status, `${method} ${at} ${JSON.stringify(body)}: ${answer.text}`)
      assert.equal(answer.field, field, answer.text)
    }
    assert.deepEqual(await everything(world), unchanged)
  })
})

describe('who may do it', () => {
  const own = { user: 'alice', group: 'staff' }
  it('is its owner, its group, and for all who reads', async () => {
    const [alice, bob, carol, audrey] = ['alice', 'bob', 'carol', 'audrey'].map((who) => world.as(who)) as [
      Call,
      Call,
      Call,
      Call,
    ]
    const id = await group(own, alice)
    const path = `/api/v1/security_policy_groups/${id}`
    assert.equal((await bob('POST', `${path}/rules`, rule(22))).status, 200)
    assert.equal((await carol('GET', path)).status, 404)
    assert.equal((await carol('POST', `${path}/rules`, rule(22))).status, 404)
    assert.equal((await audrey('GET', path)).status, 200)
    assert.equal((await audrey('PUT', path, {})).status, 403)
    assert.equal((await alice('PUT', path, { global: true })).status, 403)
    assert.equal((await alice('PUT', path, { group: 'guests' })).status, 403)
    assert.equal((await world.as(null)('GET', path)).status, 401)
    const refused = await carol('POST', '/api/v1/guests', {
      ...guestBody({ name: 'c1', owner: 'carol', group: 'guests', security_policy_group: id }),
    })
    assert.deepEqual([refused.status, refused.field], [404, 'security_policy_group'])
    await ok('PUT', `/security_policy_groups/${id}`, { global: true })
    assert.equal((await carol('GET', path)).status, 200)
    assert.equal((await carol('PUT', path, {})).status, 403)
    const more = { owner: 'carol', group: 'guests', security_policy_group: id }
    const hers = await guest(more, carol)
    assert.equal((await bob('GET', `/api/v1/guests/${hers}/security_policy`)).status, 403)
    assert.equal((await bob('POST', `/api/v1/guests/${hers}/security_policy/rules`, rule(1))).status, 403)
    assert.equal((await carol('POST', `/api/v1/guests/${hers}/security_policy/rules`, rule(1))).status, 200)
  })
})

describe('the host and the record', () => {
  const pass = () => createPoliciesReconciler(world.appliance.enforcer).run(systemContext(silentLog))

  it('are made equal again, whatever the host has lost', async () => {
    const id = await guest()
    await ok('PUT', `/guests/${id}/security_policy/default_action`, { action: 'reject' })
    await pass()
    assert.deepEqual(await pass(), { repaired: [], findings: [] })
    const { filters } = world.hypervisor
    filters.held.delete(id)
    filters.held.set('3f2b5c1a-0000-4000-8000-0000000000aa', filters.held.values().next().value!)
    world.routedPolicies.present = undefined
    const { repaired } = await pass()
    assert.equal(repaired.length, 3, repaired.join('; '))
    assert.deepEqual(held(id), ['reject'])
    assert.deepEqual(routed(id), ['reject'])
    filters.flushed.add(id)
    assert.match((await pass()).repaired.join(), /in force again/)
    assert.deepEqual(await pass(), { repaired: [], findings: [] })
  })

  it('a change that the host does not take is recorded, told, and in force after the next pass', async () => {
    const id = await guest()
    world.hypervisor.world.fault = (call) => {
      if (call === 'applyFilter') throw new Error('libvirt is away')
    }
    const answer = await world.call('POST', `/api/v1/guests/${id}/security_policy/rules`, rule(22, 'reject'))
    world.hypervisor.world.fault = undefined
    assert.equal(answer.status, 503)
    assert.match(answer.message, /is recorded, but .*libvirt is away/)
    assert.deepEqual(held(id), ['accept'])
    await pass()
    assert.deepEqual(held(id), ['reject tcp 22', 'accept'])
  })

  it('a guest that has gone leaves no filter and no policy', async () => {
    const id = await guest()
    await ok('PUT', `/guests/${id}/security_policy/default_action`, { action: 'reject' })
    assert.deepEqual(routed(id), ['reject'])
    const answer = await world.call('DELETE', `/api/v1/guests/${id}`, { force: true })
    assert.equal(answer.status, 200, answer.text)
    await world.appliance.enforcer.follow({ key: id, after: null })
    assert.equal(world.hypervisor.filters.held.get(id), undefined)
    assert.equal(routed(id), undefined)
  })
})
