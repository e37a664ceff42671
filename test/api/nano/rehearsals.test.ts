import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import {
  everything,
  guestBody,
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

it('a dry run is refused by a lock as the real run is, or names whom it would wait for', async () => {
  const id = await makeGuest(world, { name: 'locked' })
  await world.call('POST', `/instances/${id}/snapshots`, { name: 'a' })
  const held = hold(world, 'start')
  const starting = world.call('POST', `/instances/${id}`)
  await held.reached
  const earlier = await everything(world)
  for (const [method, path, body] of [
    ['PUT', `/instances/${id}/snapshots`, { target: 'a' }],
    ['DELETE', `/instances/${id}/snapshots/a`, undefined],
    ['POST', `/instances/${id}/snapshots`, { name: 'b' }],
    ['DELETE', `/guests/${id}`, { force: true }],
    ['PUT', `/guest/${id}/cores`, { cores: 2 }],
  ] as const) {
    const answer = await world.call(method, `${path}?dry_run=true`, body)
    assert.equal(answer.code, 'busy', `${method} ${path} ${answer.text}`)
  }
  const waiting = await world.call('DELETE', `/instances/${id}/snapshots/a?dry_run=true&wait=9`)
  assert.match(waiting.text, /"step":"wait".*wait for at most 9 s: guest:.*'Start locked'/)
  assert.deepEqual(await everything(world), earlier)
  held.letGo()
  await starting
})

it('If-Match is asked again under the lock, after the line for it', async () => {
  const id = await makeGuest(world, { name: 'matched' })
  const held = hold(world, 'define')
  const first = world.call('PUT', `/guest/${id}/cores`, { cores: 2 })
  await held.reached
  const late = (await world.call('GET', `/guests/${id}`)).headers.get('etag') ?? ''
  const queued = world.call('PUT', `/guest/${id}/memory?wait=9`, { memory: 2 ** 31 }, { 'if-match': late })
  const deleting = world.call('DELETE', `/guests/${id}?wait=9`, {}, { 'if-match': late })
  held.letGo()
  await first
  assert.equal((await queued).status, 200)
  const refused = await deleting
  assert.equal(refused.status, 412, refused.text)
  assert.equal(refused.code, 'precondition_failed')
  assert.equal((await world.call('GET', `/guests/${id}`)).status, 200)
})

it('instances, snapshots and trees have tags that their changes take', async () => {
  const id = await makeGuest(world, { name: 'tagged' })
  const tree = `/instances/${id}/snapshots`
  await world.call('POST', tree, { name: 'a' })
  for (const [reading, method, path, body] of [
    [`/instances/${id}`, 'POST', `/instances/${id}`, {}],
    [tree, 'POST', tree, { name: 'b' }],
    [tree, 'PUT', tree, { target: 'a' }],
    [`${tree}/a`, 'DELETE', `${tree}/a`, undefined],
  ] as const) {
    const tag = (await world.call('GET', reading)).headers.get('etag') ?? ''
    assert.match(tag, /^"\d+(-[\w-]+)?"$/, reading)
    for (const wrong of ['"1"', '"c-abc"', '"nonsense"'])
      assert.equal(
        (await world.call(method, path, body, { 'if-match': wrong })).status,
        412,
        `${method} ${path}`,
      )
    const answer = await world.call(method, path, body, { 'if-match': `W/"9", ${tag}` })
    assert.equal(answer.status, 200, answer.text)
    if (method === 'POST' && path !== tree) await world.call('DELETE', path, { force: true })
  }
  assert.notEqual((await world.call('GET', tree)).headers.get('etag'), null)
})

it('users get host ports of the range, managers all; and a guest says where it is reached', async () => {
  await world.call('PUT', '/settings/network.forward_ports', { value: '3000-3001' })
  const own = { owner: 'alice', group: 'staff' }
  const id = await makeGuest(world, { name: 'web', ports: [80], ...own }, world.as('alice'))
  const shown = (await world.call('GET', `/guests/${id}`)).data as {
    ports: object
    external: { network_address?: string }
  }
  assert.deepEqual(shown.ports, [{ guest: 80, host: 3000 }])
  assert.match(shown.external.network_address ?? '', /^[\d.]+$/)
  const chief = await makeGuest(world, { name: 'chief', ports: [81] })
  assert.match((await world.call('GET', `/guests/${chief}`)).text, /"ports":\[\{"guest":81,"host":81\}\]/)
  const body = { name: 'full', ports: [80, 443], ...own }
  for (const query of ['', '?dry_run=true']) {
    const full = await world.as('alice')('POST', `/guests/${query}`, guestBody(body))
    assert.equal(full.code, 'insufficient_capacity', full.text)
    assert.equal(full.field, 'ports[1]')
  }
  for (const value of ['80', '9-1', 5])
    assert.equal((await world.call('PUT', '/settings/network.forward_ports', { value })).status, 400)
})

it('a reconciler is run by who may change the system', async () => {
  assert.equal((await world.as('martin')('POST', '/reconcilers/firewall')).status, 403)
  assert.equal((await world.call('POST', '/reconcilers/nothing')).status, 404)
  const ran = await world.call('POST', '/reconcilers/domains')
  assert.equal((ran.data as { name: string }).name, 'domains')
})
