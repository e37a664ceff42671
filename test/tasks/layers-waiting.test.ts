// Layers of deleted snapshots that had to wait, and when another pass for them is worth its while.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { guestVolumes } from '../../src/core/guests/record.ts'
import { hasMergeable } from '../../src/core/snapshots/layers.ts'
import { letsLayersGo } from '../../src/reconcilers/layers.ts'
import type { TaskState, TaskView } from '../../src/tasks/saga.ts'
import { openTestDatabase } from '../support/database.ts'
import { guestWithHistory } from './guest-history.ts'
import { destroyGuestWorld, type GuestWorld, guestDeps, guestId, makeGuestWorld } from './guest-stage.ts'

describe('a layer that waits inside the chain of a running guest', () => {
  const database = openTestDatabase()
  let world: GuestWorld
  before(async () => {
    world = await makeGuestWorld()
    // What stood on `b` before the restore is in quarantine, and could be brought back.
    await guestWithHistory(database, world, { running: true, snapshots: ['a', 'b', '>b', '-a'] })
  })
  after(async () => {
    database.close()
    await destroyGuestWorld(world)
  })

  it('is not tried in vain while something in quarantine stands above it', async () => {
    const deps = guestDeps(world, database)
    await deps.live.look(guestId)
    assert.ok(guestVolumes(deps.zone, guestId).some(({ hidden, state }) => hidden && state === 'ready'))
    assert.equal(hasMergeable(deps, guestId), false)
  })

  it('can go when the guest has stopped', async () => {
    const deps = guestDeps(world, database)
    await deps.hypervisor.destroy(guestId)
    await deps.live.look(guestId)
    assert.equal(hasMergeable(deps, guestId), true)
  })
})

describe('layers are looked at again', () => {
  const told = (kind: string, state: TaskState, subject = 'guest:1') =>
    letsLayersGo({ kind, state, subject } as TaskView)

  it('when any task of a guest has ended', () => {
    for (const state of ['done', 'failed', 'cancelled'] as const)
      assert.equal(told('guest.modify', state), true, state)
  })

  it('not while it runs or is stuck, not for images, and not after a merge', () => {
    for (const state of ['queued', 'running', 'unwinding', 'stuck', 'superseded'] as const)
      assert.equal(told('guest.modify', state), false, state)
    assert.equal(told('image.build', 'done', 'image:1'), false)
    assert.equal(told('snapshot.merge', 'done'), false)
  })
})
