import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../../../test/support/database.ts'
import { quietLog } from '../../../test/support/quiet-log.ts'
import { guestWithHistory } from '../../../test/tasks/guest-history.ts'
import { destroyGuestWorld, guestDeps, guestId, makeGuestWorld } from '../../../test/tasks/guest-stage.ts'
import { TaskRunner } from '../../tasks/runner.ts'
import type { Guest } from './guest.ts'
import { tasksOfOwnedGuests } from './owned-tasks.ts'
import { readGuest, update } from './record.ts'

/** What happens to the guest between the first step and the second, and how the task must end. */
const moves: [string, Partial<Guest>, 'done' | 'superseded'][] = [
  ['stays', {}, 'done'],
  ['has moved to another cell', { cell: 'there', epoch: 2 }, 'superseded'],
  ['has moved away and back', { epoch: 3 }, 'superseded'],
]

for (const [what, values, end] of moves)
  test(`a task on a guest that ${what} ends ${end}`, async (t) => {
    const world = await makeGuestWorld()
    const database = openTestDatabase()
    t.after(async () => {
      database.close()
      await destroyGuestWorld(world)
    })
    await guestWithHistory(database, world, { running: false })
    const { zone } = guestDeps(world, database)
    await zone.commit({ who: 'test', requestId: 'test', action: 'another cell' }, [
      {
        table: 'cell',
        key: 'there',
        before: null,
        after: { name: 'there', pool: 'default', address: '127.0.0.2', enabled: true, createdAt: 0 },
      },
    ])
    const runner = new TaskRunner({ db: database.db, log: quietLog() })
    const tasks = tasksOfOwnedGuests(runner, zone, 'here')
    let touched = false
    tasks.define<object>({
      kind: 'guest.probe',
      title: () => 'Probe',
      steps: [
        {
          name: 'move',
          describe: () => [],
          async run() {
            await zone.commit({ who: 'test', requestId: 'test', action: 'move' }, [
              update('guest', readGuest(zone, guestId), values),
            ])
          },
        },
        {
          name: 'touch',
          describe: () => [],
          async run() {
            touched = true
          },
        },
      ],
    })
    const started = await tasks.start({
      kind: 'guest.probe',
      subject: `guest:${guestId}`,
      params: {},
      locks: { exclusive: [`guest:${guestId}`] },
      who: 'test',
      requestId: 'test',
    })
    assert.equal((await tasks.wait(started.id, 5_000)).state, end)
    assert.equal(touched, end === 'done')
    assert.equal(tasks.holder(`guest:${guestId}`), undefined)
    await runner.stop()
  })
