// What different callers are told of a task that fails inside, where the words are none of ours.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Answer,
  ended,
  guestBody,
  makeGuest,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

const dataOf = (answer: Answer) => answer.data as Record<string, unknown>

function assertOk(answer: Answer, status = 200): void {
  assert.equal(answer.status, status, answer.text)
}

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const raw = /simulated: define/
const alices = { owner: 'alice', group: 'staff', auto_start: false }

describe('a guest that the host could not make', () => {
  let made: Answer
  before(async () => {
    made = await world.as('alice')('POST', '/guests', guestBody({ ...alices, name: 'fail-define' }))
    assertOk(made, 202)
    assert.equal((await ended(world, made)).state, 'failed')
  })
  const askedBy = (who: string) => world.as(who)('GET', `/guests/${dataOf(made)['id']}`)

  it('its maker learns at which step, and in which task operators see why', async () => {
    const answer = await askedBy('alice')
    assert.equal(answer.status, 404)
    assert.match(answer.message, /was not created: the host failed at step 'define'; its operators see/)
    assert.doesNotMatch(answer.text, raw)
  })

  it('an operator learns why', async () => {
    assert.match((await askedBy('admin')).message, raw)
  })

  it('another learns nothing', async () => {
    const answer = await askedBy('carol')
    assert.match(answer.message, /^There is no guest/)
  })
})

describe('a change that fails while its caller waits', () => {
  let id: string
  before(async () => {
    id = await makeGuest(world, { ...alices, name: 'renamed' }, world.as('alice'))
  })
  const renamedBy = (who: string) => world.as(who)('PUT', `/guests/${id}/name`, { name: 'fail-define' })

  it('answers a user 500 with the task, and nothing from inside', async () => {
    const answer = await renamedBy('alice')
    assert.equal(answer.status, 500)
    const task = answer.details?.['task']
    assert.match(answer.message, new RegExp(`the host failed at step 'define'.*task ${task}`, 'i'))
    const shown = await world.as('alice')('GET', `/tasks/${task}`)
    assertOk(shown)
    for (const { text } of [answer, shown]) assert.doesNotMatch(text, raw)
  })

  it('answers an operator what failed, and that it was taken back', async () => {
    const answer = await renamedBy('admin')
    assert.equal(answer.status, 500)
    assert.match(answer.message, /simulated: define of .*; what it did was taken back/)
    assert.match((await world.call('GET', `/tasks/${answer.details?.['task']}`)).text, raw)
    const guest = await world.call('GET', `/guests/${id}`)
    assert.equal(dataOf(guest)['name'], 'staff.renamed')
  })
})
