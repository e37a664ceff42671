import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Answer,
  everything,
  guestBody,
  hold,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

interface Item {
  name: string
  id: string
  status: string
  progress?: number
  error?: string
}

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const { name: _, ...guest } = guestBody({ name: '' })
const batchBody = (more: object) => ({
  ...guest,
  name_rule: 'order',
  name_prefix: 'batch',
  count: 3,
  ...more,
})

async function start(what: string, body: object): Promise<string> {
  const answer = await world.call('POST', `/batch/${what}_guest/`, body)
  assert.equal(answer.status, 202, answer.text)
  return (answer.data as { id: string }).id
}

const look = (what: string, id: string) => world.call('GET', `/api/v1/batch/${what}_guest/${id}`)

/** As the document's clients do: asks until it is 200. */
async function finished(what: string, id: string): Promise<Item[]> {
  await world.appliance.tasks.wait(id, 20_000)
  const answer = await look(what, id)
  assert.equal(answer.status, 200, answer.text)
  return answer.data as Item[]
}

async function assertRefused(what: string, body: object, wanted: Partial<Answer>): Promise<void> {
  const earlier = await everything(world)
  const answer = await world.call('POST', `/batch/${what}_guest`, body)
  assert.equal(answer.status, wanted.status, `${JSON.stringify(body)}: ${answer.text}`)
  assert.equal(answer.field, wanted.field, answer.text)
  assert.deepEqual(await everything(world), earlier)
}

describe('a batch of creations', () => {
  it('makes guests by number, and says 202 until all are there', async () => {
    const held = hold(world, 'define')
    const id = await start('create', batchBody({ name_prefix: 'many' }))
    await held.reached
    const during = await look('create', id)
    assert.equal(during.status, 202)
    assert.ok(
      (during.data as Item[]).some(({ status, progress }) => status === 'creating' && progress !== undefined),
    )
    held.letGo()
    const items = await finished('create', id)
    assert.deepEqual(
      items.map(({ name, status }) => [name, status]),
      [0, 1, 2].map((number) => [`manager.many_${number}`, 'created']),
    )
    for (const item of items) assert.equal((await world.call('GET', `/guests/${item.id}`)).status, 200)
  })

  it('names them by MAC or by address', async () => {
    for (const [rule, pattern, field] of [
      ['MAC', /^manager\.m_525400[0-9a-f]{6}$/, 'ethernet_address'],
      ['address', /^manager\.m_10\.110\.0\.\d+$/, 'internal'],
    ] as const) {
      const items = await finished(
        'create',
        await start('create', batchBody({ name_rule: rule, name_prefix: 'm' })),
      )
      for (const { name, status, id } of items) {
        assert.equal(status, 'created')
        assert.match(name, pattern)
        const shown = (await world.call('GET', `/guests/${id}`)).data as Record<string, unknown>
        const value = JSON.stringify(shown[field]).replaceAll(':', '')
        assert.ok(value.includes(name.split('_')[1] ?? '?'), `${name}: ${value}`)
      }
    }
  })

  it('tells of each that fails, and goes on with the others', async () => {
    world.hypervisor.world.fault = (call, [spec]) => {
      if (call === 'define' && (spec as { domainName: string }).domainName.endsWith('some_1'))
        throw new Error('simulated')
    }
    const items = await finished('create', await start('create', batchBody({ name_prefix: 'some' })))
    world.hypervisor.world.fault = undefined
    assert.deepEqual(
      items.map(({ status }) => status),
      ['created', 'fail', 'created'],
    )
    assert.ok(items[1]?.error)
    assert.equal((await world.call('GET', `/guests/${items[1]?.id}`)).status, 404)
  })

  it('is refused as a whole where it could never be fulfilled', async () => {
    await makeGuest(world, { name: 'taken_1' })
    for (const [more, status, field] of [
      [{ count: 0 }, 400, 'count'],
      [{ count: 501 }, 400, 'count'],
      [{ count: 'x' }, 400, 'count'],
      [{ count: 300 }, 409, 'count'],
      [{ name_prefix: '' }, 400, 'name_prefix'],
      [{ name_prefix: 'a/b' }, 400, 'name_prefix'],
      [{ name_rule: 'colour' }, 400, 'name_rule'],
      [{ name_prefix: 'taken' }, 409, 'name'],
      [{ cores: 0 }, 400, 'cores'],
      [{ network_address: '10.110.0.9' }, 400, 'network_address'],
      [{ pool: 'none' }, 404, 'pool'],
    ] as const)
      await assertRefused('create', batchBody(more), { status, field })
  })

  it('changes nothing in a dry run, and tells what it would do', async () => {
    const earlier = await everything(world)
    const answer = await world.call(
      'POST',
      '/batch/create_guest/?dry_run=true',
      batchBody({ name_prefix: 'dry' }),
    )
    assert.equal(answer.status, 200, answer.text)
    assert.match(answer.text, /manager\.dry_2/)
    assert.deepEqual(await everything(world), earlier)
  })
})

describe('batches of what is there', () => {
  it('stop and delete, item by item', async () => {
    const running = await makeGuest(world, { name: 'running', auto_start: true })
    const stopped = await makeGuest(world, { name: 'stopped' })
    const guests = [running, stopped, 'unknown']
    const stops = await finished('stop', await start('stop', { guest: guests, force: true }))
    assert.deepEqual(
      stops.map(({ status }) => status),
      ['stopped', 'fail', 'fail'],
    )
    await world.call('POST', `/instances/${running}`)
    const unforced = await finished('delete', await start('delete', { guest: guests }))
    assert.deepEqual(
      unforced.map(({ status }) => status),
      ['fail', 'deleted', 'fail'],
    )
    assert.match(unforced[0]?.error ?? '', /running/)
    const forced = await finished('delete', await start('delete', { guest: [running], force: true }))
    assert.deepEqual(
      forced.map(({ status }) => status),
      ['deleted'],
    )
  })

  it('touch only what the caller may, and are shown to nobody else', async () => {
    const id = await makeGuest(world, { name: 'foreign' })
    const bob = world.as('alice')
    const answer = await bob('POST', '/batch/delete_guest/', { guest: [id] })
    assert.equal(answer.status, 202, answer.text)
    const batch = (answer.data as { id: string }).id
    await world.appliance.tasks.wait(batch, 5_000)
    const [item] = (await bob('GET', `/batch/delete_guest/${batch}`)).data as Item[]
    assert.equal(item?.status, 'fail')
    assert.equal(item?.error, `there is no guest '${id}'`)
    assert.equal((await world.call('GET', `/guests/${id}`)).status, 200)
    assert.equal((await world.call('GET', `/batch/create_guest/${batch}`)).status, 404)
    assert.equal((await world.call('GET', '/batch/stop_guest/none')).status, 404)
    await assertRefused('delete', { guest: [] }, { status: 400, field: 'guest' })
    await assertRefused('stop', {}, { status: 400, field: 'guest' })
  })
})
