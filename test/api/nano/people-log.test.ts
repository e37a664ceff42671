// What is done to users, groups and roles is in the journal, and in the log that operators read.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const password = 'correct horse'
const steps: [method: string, path: string, body: unknown, action: string, line: string][] = [
  ['POST', '/roles/sailor', { menu: ['log'] }, 'role.create sailor', 'created role sailor'],
  ['PUT', '/roles/sailor', { menu: [] }, 'role.modify sailor', 'changed role sailor'],
  ['POST', '/user_groups/crew', { role: ['sailor'] }, 'group.create crew', 'created user group crew'],
  ['PUT', '/user_groups/crew', { display: 'C' }, 'group.modify crew', 'changed user group crew'],
  ['POST', '/users/ann', { password }, 'user.create ann', 'created user ann'],
  [
    ...(['POST', '/user_groups/crew/members/ann', {}, 'group.add_member crew ann'] as const),
    'added user ann to user group crew',
  ],
  [
    ...(['PUT', '/users/ann/password', { new: password }, 'user.password ann'] as const),
    'changed the password of user ann',
  ],
  [
    ...(['DELETE', '/user_groups/crew/members/ann', undefined, 'group.remove_member crew ann'] as const),
    'removed user ann from user group crew',
  ],
  ['DELETE', '/users/ann', undefined, 'user.remove ann', 'deleted user ann'],
  ['DELETE', '/user_groups/crew', undefined, 'group.remove crew', 'deleted user group crew'],
  ['DELETE', '/roles/sailor', undefined, 'role.remove sailor', 'deleted role sailor'],
  [
    ...(['PUT', '/resource_visibilities', { instance_visible: true }, 'group.share manager'] as const),
    'changed what the members of user group manager share',
  ],
]

const newest = async () => {
  const journal = (await world.call('GET', '/journal/?limit=1')).data as { entries: { action: string }[] }
  const logs = (await world.call('GET', '/api/v1/logs/?limit=1')).data as {
    logs: { content: string }[]
    total: number
  }
  return { action: journal.entries[0]?.action, line: logs.logs[0]?.content, total: logs.total }
}

it('is told once for each change, by whom, and not for a dry run or a refusal', async () => {
  for (const [index, [method, path, body, action, line]] of steps.entries()) {
    assert.equal((await world.call(method, `${path}?dry_run=true`, body)).status, 200, path)
    assert.equal((await world.as('alice')(method, path, body)).status, 403, path)
    assert.equal((await world.call(method, path, body)).status, 200, path)
    assert.deepEqual(await newest(), { action, line: `admin: ${line}`, total: index + 1 })
  }
})

it('deletes entries and keeps in the journal that they were', async () => {
  const { logs, total } = (await world.call('GET', '/api/v1/logs/?limit=2&start=1')).data as {
    logs: { id: string; content: string }[]
    total: number
  }
  const entries = logs.map(({ id }) => id)
  assert.equal((await world.call('DELETE', '/logs/', { entries })).status, 200)
  assert.equal((await newest()).action, 'log.remove')
  const left = (await world.call('GET', '/logs/?limit=1000')).data as { id: string }[]
  assert.equal(left.length, total - 2)
  assert.ok(left.every(({ id }) => !entries.includes(id)))
  const again = await world.call('DELETE', '/logs/', { entries })
  assert.deepEqual([again.status, again.field], [404, 'entries'])
})
