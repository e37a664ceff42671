// Guests that come and go with their host.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemContext } from '../../src/core/context.ts'
import { readGuest } from '../../src/core/guests/record.ts'
import type { StartedGuests } from '../../src/core/host/start-guests.ts'
import type { StoppedGuests } from '../../src/core/host/stop-guests.ts'
import {
  ended,
  guestBody,
  hold,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../support/appliance.ts'
import { quietLog } from '../support/quiet-log.ts'

const op = systemContext(quietLog())

/** In the order in which the hypervisor was asked. */
function calls({ hypervisor }: TestAppliance, ...wanted: string[]): string[] {
  const seen: string[] = []
  hypervisor.world.fault = (call, [first]) => {
    const id = typeof first === 'string' ? first : (first as { id: string } | undefined)?.id
    const name = hypervisor.world.domains.get(id ?? '')?.name.split('.')[1]
    if (wanted.includes(call)) seen.push(`${call} ${name}`)
  }
  return seen
}

/** What came of the guests; undefined where there was nothing to do. */
async function boot({ appliance }: TestAppliance, bootId: string): Promise<StartedGuests | undefined> {
  const launched = await appliance.host.startGuests(op, bootId)
  if (!launched || !('task' in launched)) return undefined
  const task = await appliance.tasks.wait(launched.task.id, 20_000)
  assert.equal(task.state, 'done', task.error?.message)
  return task.result as StartedGuests
}

describe('guests that start with the host', () => {
  let world: TestAppliance
  const ids: Record<string, string> = {}
  before(async () => {
    world = await openTestAppliance()
    const guests = { low: 10, middle: 50, high: 90, 'fail-start': 95 }
    for (const [name, priority] of Object.entries(guests))
      ids[name] = await makeGuest(world, {
        name,
        start_priority: priority,
        start_delay: name === 'high' ? 1 : 0,
      })
    ids['manual'] = await makeGuest(world, { name: 'manual', start_priority: 100 })
    await autoStart(
      world,
      Object.keys(guests).map((name) => ids[name] ?? ''),
    )
  })
  after(() => world.close())

  it('are started by priority, with their pause, and one that fails keeps none from it', async () => {
    const seen = calls(world, 'start')
    const begun = performance.now()
    const result = await boot(world, 'boot-1')
    assert.deepEqual(seen, ['start fail-start', 'start high', 'start middle', 'start low'])
    assert.ok(performance.now() - begun >= 1000, 'the pause was left out')
    assert.deepEqual(result?.started, ['high', 'middle', 'low'])
    assert.deepEqual(
      result?.failed.map(({ name }) => name),
      ['fail-start'],
    )
    assert.equal(world.appliance.live.running(ids['manual'] ?? ''), false)
  })

  it('are started once for each boot', async () => {
    assert.equal(await boot(world, 'boot-1'), undefined)
    await stopAll(world)
    const again = await boot(world, 'boot-2')
    assert.deepEqual(again?.started, ['high', 'middle', 'low'])
  })

  it('are not started again where they run', async () => {
    const again = await boot(world, 'boot-3')
    assert.deepEqual(again?.started, [])
  })

  it('are started at the bring-up after a boot, not after a restart of the appliance', async () => {
    await stopAll(world)
    const file = join(world.dataDir, 'boot-id')
    const present = await readFile(file, 'utf8')
    await world.bringUp()
    assert.equal(world.appliance.live.running(ids['high'] ?? ''), false)
    await writeFile(file, 'another boot')
    await world.bringUp()
    assert.equal(await readFile(file, 'utf8'), present)
    const [task] = world.appliance.tasks.list({ kind: 'host.start_guests', limit: 1 }).tasks
    await world.appliance.tasks.wait(task?.id ?? '', 20_000)
    assert.equal(world.appliance.live.running(ids['high'] ?? ''), true)
  })
})

describe('guests that stop with the host', () => {
  let world: TestAppliance
  before(async () => {
    world = await openTestAppliance()
    for (const [name, priority] of Object.entries({ first: 90, 'hang-stop': 10, other: 50, same: 50 }))
      await makeGuest(world, { name, start_priority: priority, auto_start: true })
    await makeGuest(world, { name: 'off', start_priority: 1 })
  })
  after(() => world.close())

  it('are asked, lower priorities first; what does not follow is ended', async () => {
    const seen = calls(world, 'shutdown', 'destroy')
    const launched = await world.appliance.host.stopGuests(op, 3)
    assert.ok('task' in launched)
    const task = await world.appliance.tasks.wait(launched.task.id, 20_000)
    assert.equal(task.state, 'done', task.error?.message)
    assert.deepEqual(task.result as StoppedGuests, {
      stopped: ['other', 'same', 'first'],
      killed: ['hang-stop'],
      failed: [],
    })
    assert.deepEqual(seen, [
      'shutdown hang-stop',
      'destroy hang-stop',
      'shutdown other',
      'shutdown same',
      'shutdown first',
    ])
    assert.deepEqual(world.appliance.live.runningIds(), [])
  })

  it('are told through the API, and nothing is started meanwhile', async () => {
    const id = await makeGuest(world, { name: 'late', auto_start: true })
    const gate = hold(world, 'shutdown')
    const answer = await world.call('POST', '/api/v1/host/stop_guests', {})
    assert.equal(answer.status, 202)
    assert.deepEqual(answer.data, { task: answer.headers.get('nacelle-task') })
    await gate.reached
    const refused = await world.call('POST', '/api/v1/guests/', guestBody({ name: 'too-late' }))
    assert.equal(refused.status, 503)
    assert.match(refused.message, /guests of this host are being stopped/)
    gate.letGo()
    assert.equal((await ended(world, answer)).state, 'done')
    assert.equal(world.appliance.live.running(id), false)
    await makeGuest(world, { name: 'afterwards' })
  })

  it('are stopped also while they are still being started', async () => {
    const id = await makeGuest(world, { name: 'slow' })
    await autoStart(world, [id])
    const gate = hold(world, 'start')
    const started = await world.appliance.host.startGuests(op, 'boot-x')
    assert.ok(started && 'task' in started)
    await gate.reached
    setTimeout(gate.letGo, 200)
    const launched = await world.appliance.host.stopGuests(op, 10)
    assert.ok('task' in launched)
    assert.equal(world.appliance.tasks.get(started.task.id)?.state, 'cancelled')
    await world.appliance.tasks.wait(launched.task.id, 20_000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepEqual(world.appliance.live.runningIds(), [])
  })

  it('are for those who may write to the system', async () => {
    assert.equal((await world.as('alice')('POST', '/api/v1/host/stop_guests', {})).status, 403)
    const wrong = await world.call('POST', '/api/v1/host/stop_guests', { timeout: 5 })
    assert.equal(wrong.status, 400)
    assert.equal(wrong.field, 'timeout')
    const dry = await world.call('POST', '/api/v1/host/stop_guests?dry_run=true', {})
    assert.match(JSON.stringify(dry.data), /lower priorities first/)
  })
})

/** By the record alone: made so through the API they would be started at once. */
async function autoStart({ appliance }: TestAppliance, guests: string[]): Promise<void> {
  const { zone } = appliance
  for (const id of guests) {
    const { version, ...row } = readGuest(zone, id)
    await zone.commit({ who: 'test', requestId: 'test', action: 'auto start' }, [
      { table: 'guest', key: id, before: version, after: { ...row, autoStart: true } },
    ])
  }
}

async function stopAll({ appliance }: TestAppliance): Promise<void> {
  const launched = await appliance.host.stopGuests(op, 10)
  assert.ok('task' in launched)
  await appliance.tasks.wait(launched.task.id, 20_000)
}
