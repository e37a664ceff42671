import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Answer,
  everything,
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
const fresh = () => `kept-${++count}`
const dataOf = (answer: Answer) => answer.data as Record<string, unknown>
const treeOf = async (id: string) => dataOf(await world.call('GET', `/instances/${id}/snapshots/`))

function assertDone(answer: Answer): void {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.data, '')
  assert.match(answer.headers.get('nacelle-task') ?? '', /^[0-9a-f-]{36}$/)
}

const take = async (id: string, name: string, more: object = {}) =>
  assertDone(await world.call('POST', `/instances/${id}/snapshots/`, { name, ...more }))
const restore = async (id: string, target: string, more: object = {}) =>
  assertDone(await world.call('PUT', `/instances/${id}/snapshots/`, { target, ...more }))

async function agent(id: string): Promise<void> {
  while (!world.hypervisor.world.find(id).agentConnected)
    await new Promise((resolve) => setTimeout(resolve, 2))
}

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

describe('snapshots', () => {
  it('are a map by name, empty at first, with roots, the current one and branches', async () => {
    const id = await makeGuest(world, { name: fresh() })
    assert.deepEqual(await treeOf(id), {})
    await take(id, 'origin')
    assert.deepEqual(await treeOf(id), { origin: { is_root: true, is_current: true } })
    await take(id, 'snapshot1')
    await take(id, 'snapshot2')
    await restore(id, 'origin')
    await take(id, 'another_branch')
    assert.deepEqual(await treeOf(id), {
      origin: { is_root: true },
      snapshot1: { backing: 'origin' },
      snapshot2: { backing: 'snapshot1' },
      another_branch: { backing: 'origin', is_current: true },
    })
  })

  it('show what they are', async () => {
    const id = await makeGuest(world, { name: fresh() })
    await take(id, 'ünïcode-1.0', { description: 'this is a snapshot example' })
    const answer = await world.call(
      'GET',
      `/api/v1/instances/${id}/snapshots/${encodeURIComponent('ünïcode-1.0')}`,
    )
    const { create_time, ...rest } = dataOf(answer)
    assert.match(String(create_time), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    assert.deepEqual(rest, {
      running: false,
      description: 'this is a snapshot example',
      memory: false,
      consistency: 'crash',
    })
    assert.match(answer.headers.get('etag') ?? '', /^"\d+"$/)
    const path = `/instances/${id}/snapshots/${encodeURIComponent('ünïcode-1.0')}`
    const sized = dataOf(await world.call('GET', `${path}?size=true`))
    assert.equal(typeof sized['size'], 'number')
    assert.deepEqual(
      { ...sized, size: undefined, create_time: undefined },
      { ...rest, size: undefined, create_time: undefined },
    )
    await take(id, 'bare')
    assert.equal(dataOf(await world.call('GET', `/instances/${id}/snapshots/bare`))['description'], '')
  })

  it('of a running guest keep its memory and file systems, and it goes on from them', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true, firmware: 'uefi' })
    await agent(id)
    await take(id, 'alive', { memory: true })
    const { create_time: _, ...shown } = dataOf(await world.call('GET', `/instances/${id}/snapshots/alive`))
    assert.deepEqual(shown, { running: true, description: '', memory: true, consistency: 'crash' })
    assert.equal(world.hypervisor.world.find(id).frozen, false)
    await restore(id, 'alive')
    assert.match(world.hypervisor.world.find(id).restoredFrom ?? '', /memory-/)
    assert.equal(dataOf(await world.call('GET', `/guests/${id}`))['running'], true)
  })

  it('end what runs when they are restored; it starts again only where that is asked for', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    const running = async () => dataOf(await world.call('GET', `/guests/${id}`))['running']
    await take(id, 'before')
    await restore(id, 'before')
    assert.equal(await running(), false)
    await restore(id, 'before', { start: true })
    assert.equal(await running(), true)
  })

  it('bring back cores and memory of their time', async () => {
    const id = await makeGuest(world, { name: fresh() })
    await take(id, 'small')
    await world.call('PUT', `/guests/${id}/cores`, { cores: 8 })
    await restore(id, 'small')
    assert.equal(dataOf(await world.call('GET', `/guests/${id}`))['cores'], 2)
  })

  it('are deleted at the root, in the middle and at the end', async () => {
    const id = await makeGuest(world, { name: fresh() })
    for (const name of ['a', 'b', 'c', 'd']) await take(id, name)
    const remove = async (name: string) =>
      assertDone(await world.call('DELETE', `/instances/${id}/snapshots/${name}`))
    await remove('b')
    assert.deepEqual(await treeOf(id), {
      a: { is_root: true },
      c: { backing: 'a' },
      d: { backing: 'c', is_current: true },
    })
    await remove('d')
    await remove('a')
    assert.deepEqual(await treeOf(id), { c: { is_root: true, is_current: true } })
    await remove('c')
    assert.deepEqual(await treeOf(id), {})
    assertDone(await world.call('POST', `/instances/${id}`))
  })

  it('may be named like parts of JavaScript', async () => {
    const id = await makeGuest(world, { name: fresh() })
    for (const name of ['valueOf', 'toString', '1']) await take(id, name)
    assert.deepEqual(Object.keys(await treeOf(id)).toSorted(), ['1', 'toString', 'valueOf'])
    assert.equal((await world.call('GET', `/instances/${id}/snapshots/hasOwnProperty`)).status, 404)
  })

  it('are refused where they are wrong', async () => {
    const running = await makeGuest(world, { name: fresh(), auto_start: true })
    await assertRefused(
      ['POST', `/instances/${running}/snapshots`, { name: 'a', memory: true, consistency: 'filesystem' }],
      { status: 400, field: 'consistency', says: /frozen/ },
    )
    const id = await makeGuest(world, { name: fresh() })
    await take(id, 'taken')
    const path = `/instances/${id}/snapshots`
    for (const name of ['', '-a', '../a', 'a/b', 'a b', 'a\u0000', 'a\n', "a'", '__proto__', 'x'.repeat(129)])
      await assertRefused(['POST', path, { name }], { status: 400, field: 'name', says: /1 to 128/ })
    for (const [body, field, says] of [
      [{}, 'name', /missing/],
      [{ name: 5 }, 'name', /text/],
      [{ name: ['a'] }, 'name', /text/],
      [{ name: 'a', description: 5 }, 'description', /text/],
      [{ name: 'a', description: 'x'.repeat(1025) }, 'description', /1024/],
      [{ name: 'a', memory: 'yes' }, 'memory', /true or false/],
      [{ name: 'a', consistency: 'perfect' }, 'consistency', /crash or filesystem/],
    ] as const)
      await assertRefused(['POST', path, body], { status: 400, field, says })
    for (const [body, field, says] of [
      [{ name: 'taken' }, 'name', /has a snapshot 'taken'/],
      [{ name: 'a', memory: true }, 'memory', /does not run/],
      [{ name: 'a', consistency: 'filesystem' }, 'consistency', /does not run/],
    ] as const)
      for (const query of ['', '?dry_run=true'])
        await assertRefused(['POST', path + query, body], { status: 409, field, says })
  })

  it('that shall be consistent need an agent that answers', async () => {
    const id = await makeGuest(world, { name: `${fresh()}-no-agent`, auto_start: true })
    for (const query of ['', '?dry_run=true'])
      await assertRefused(
        ['POST', `/instances/${id}/snapshots${query}`, { name: 'a', consistency: 'filesystem' }],
        {
          status: 409,
          field: 'consistency',
          says: /qemu-guest-agent/,
        },
      )
    assert.deepEqual(await treeOf(id), {})
  })

  it('that are none cannot be restored, read or deleted', async () => {
    const id = await makeGuest(world, { name: fresh() })
    const path = `/instances/${id}/snapshots`
    for (const [body, status, says] of [
      [{}, 400, /missing/],
      [{ target: 5 }, 400, /text/],
      [{ target: '' }, 404, /no snapshot/],
      [{ target: 'nowhere' }, 404, /no snapshot/],
      [{ target: "' OR '1'='1" }, 404, /no snapshot/],
      [{ target: '../a' }, 404, /no snapshot/],
    ] as const)
      await assertRefused(['PUT', path, body], { status, field: 'target', says })
    for (const name of ['nowhere', '..%2f..%2fetc', '%00', "'%20OR%201=1"])
      for (const method of ['GET', 'DELETE'])
        await assertRefused([method, `${path}/${name}`], { status: 404, says: /no snapshot/ })
  })

  it('answer a plan to a dry run and stay as they are', async () => {
    const id = await makeGuest(world, { name: fresh() })
    await take(id, 'a')
    const earlier = await everything(world)
    for (const [method, path, body] of [
      ['POST', '', { name: 'b' }],
      ['PUT', '', { target: 'a' }],
      ['DELETE', '/a', undefined],
    ] as const) {
      const answer = await world.call(method, `/instances/${id}/snapshots${path}?dry_run=true`, body)
      assert.equal(answer.status, 200, answer.text)
      assert.ok((dataOf(answer)['plan'] as unknown[]).length > 0)
    }
    assert.deepEqual(await everything(world), earlier)
  })

  it('go with their guest', async () => {
    const id = await makeGuest(world, { name: fresh(), auto_start: true })
    await take(id, 'a', { memory: true })
    await take(id, 'b')
    assertDone(await world.call('DELETE', `/guests/${id}`, { force: true }))
    assert.equal((await world.call('GET', `/instances/${id}/snapshots`)).status, 404)
  })
})
