// What the pages offer for a guest is what the appliance would take.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownStates } from '../../src/core/guests/find.ts'
import { can, type guestCan } from '../../src/core/guests/rules.ts'
import type { DomainState } from '../../src/core/hypervisor.ts'
import { allows, guestStates, shortName, stateOf } from '../../web/src/components/guest-verbs.ts'

const domainStates: readonly DomainState[] = ['running', 'paused', 'stopping', 'stopped', 'crashed']

/** The appliance's word for a verb of the pages. */
const served = {
  start: 'start',
  startFrom: 'start',
  shutdown: 'shutdown',
  reboot: 'reboot',
  powerOff: 'stop',
  reset: 'reset',
  console: 'console',
} as const satisfies Record<string, keyof typeof guestCan>

test('a verb is offered in exactly the states in which the appliance takes it', () => {
  for (const [verb, word] of Object.entries(served) as [keyof typeof served, keyof typeof guestCan][])
    for (const state of domainStates)
      assert.equal(
        allows(verb, stateOf({ state, created: true })),
        can(word, state),
        `${verb} of one that is ${state}`,
      )
})

test('nothing is offered for a guest that is still being made', () => {
  const state = stateOf({ state: 'stopped', created: false })
  assert.equal(state, 'creating')
  for (const verb of [...Object.keys(served), 'delete', 'createImage'] as 'start'[])
    assert.equal(allows(verb, state), false, verb)
})

test('the pages know the states that the appliance shows', () => {
  assert.deepEqual([...guestStates], [...shownStates])
})

test('a name is shown without its group, also where it begins like it', () => {
  assert.equal(shortName({ name: 'web.web.1', group: 'web' }), 'web.1')
  assert.equal(shortName({ name: 'other.web', group: 'web' }), 'other.web')
})
