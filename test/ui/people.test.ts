// Users, groups and roles are made, changed and deleted; a token is shown once; who may not is told what is missing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectAccessible } from './axe.ts'
import {
  choose,
  dialog,
  eventually,
  expectNoRow,
  expectRow,
  expectText,
  expectTitle,
  fill,
  press,
  rowAction,
  table,
} from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage()

test('a user is made in a group, gets another password, and is deleted', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'people/users' })
  problems.expect(/^400 PUT/)
  await expectRow(table(page), 'lena', { Groups: 'platform' })
  await press(page, 'Create user')
  const create = dialog(page, 'Create user')
  await fill(create, { 'User name': 'nora', Password: 'correct horse', 'Shown name': 'Nora' })
  await choose(create, 'Groups', 'data')
  await press(create, 'Create')
  await expectRow(table(page), 'nora', { 'Shown name': 'Nora', Groups: 'data' })
  await expectAccessible(page)
  await rowAction(page, 'nora', 'Set password')
  const set = dialog(page, /nora/)
  await fill(set, { 'New password': 'short' })
  await press(set, 'Set password')
  await expectText(set, /at least 8/)
  await fill(set, { 'New password': 'longer than short' })
  await press(set, 'Set password')
  await set.waitFor({ state: 'detached' })
  await rowAction(page, 'nora', 'Delete')
  assert.match(page.url(), /dialog=delete/)
  await press(dialog(page, 'Delete user nora'), 'Delete')
  await expectNoRow(table(page), 'nora')
})

test('a user’s page shows groups, tokens and sessions', async (t) => {
  const { page } = await stage().visit(t, { path: 'people/users/lena' })
  await expectTitle(page, 'lena')
  const group = page.getByRole('checkbox', { name: 'data' })
  await group.check()
  await eventually(async () => {
    const { group: groups } = (await stage().call('GET', '/users/lena')).data as { group: string[] }
    assert.ok(groups.includes('data'))
  })
  await group.uncheck()
  await expectAccessible(page)
})

test('a group has members, roles, a quota and what it shares', async (t) => {
  const { page } = await stage().visit(t, { path: 'people/groups' })
  await press(page, 'Create group')
  await fill(dialog(page), { Name: 'lab', 'Shown name': 'The lab' })
  await press(dialog(page), 'Create')
  await expectTitle(page, 'The lab')
  await choose(page, 'Add member', 'tomas')
  await press(page, 'Add')
  await expectRow(table(page, 'Members'), 'tomas')
  await fill(page, { Cores: '8', 'Memory (GiB)': '16' })
  await press(page, 'Save')
  await expectText(page, '0 of 8')
  const { data } = await stage().call('GET', '/user_groups/lab')
  assert.deepEqual((data as { quota: unknown }).quota, {
    cores: 8,
    memory: 16 * 2 ** 30,
    disk: null,
    guests: null,
  })
  await page.getByRole('switch', { name: 'Instances' }).uncheck({ force: true })
  await expectAccessible(page)
  await press(page, 'Remove tomas from the group')
  await press(dialog(page), 'Remove')
  await expectText(page, '0 members')
  await press(page, 'Delete')
  await press(dialog(page, 'Delete group lab'), 'Delete')
  await expectTitle(page, 'Groups')
  await expectNoRow(table(page), 'lab')
})

test('a role shows and permits what is chosen', async (t) => {
  const { page } = await stage().visit(t, { path: 'people/roles' })
  await press(page, 'Create role')
  await fill(dialog(page), { Name: 'watcher' })
  await press(dialog(page), 'Create')
  await expectTitle(page, 'watcher')
  await page.getByLabel('guest.read', { exact: true }).selectOption('own')
  await eventually(async () => {
    const { resource } = (await stage().call('GET', '/roles/watcher')).data as { resource: string[] }
    assert.ok(resource.includes('guest.read.own'))
  })
  await expectAccessible(page)
})

test('a token is shown once, works, and can be ended', async (t) => {
  const { page } = await stage().visit(t, { path: 'profile', as: 'lena' })
  await press(page, 'Create token')
  const create = dialog(page, 'Create token')
  await fill(create, { Name: 'backup-script' })
  await press(create, 'Create')
  const shown = dialog(page, 'backup-script')
  const secret = await shown.getByRole('textbox').inputValue()
  await expectAccessible(page)
  await press(shown, 'Done')
  await expectRow(table(page, 'API tokens'), 'backup-script')
  const ask = () => fetch(`${stage().url}/api/v1/tokens`, { headers: { authorization: `Bearer ${secret}` } })
  assert.equal((await ask()).status, 200)
  await press(page, 'End token backup-script')
  await press(dialog(page), 'End')
  await expectText(page, 'No tokens')
  assert.equal((await ask()).status, 401)
})

test('one’s own password needs the present one', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'profile', as: 'tomas' })
  problems.expect(/40\d PUT/)
  const fields = { 'New password': 'another horse', 'New password again': 'another horse' }
  await fill(page, { 'Present password': 'wrong', ...fields })
  await press(page, 'Change password')
  await expectText(page, /password/i)
  await expectAccessible(page)
})

test('the journal is filtered by its address, and its chain is checked', async (t) => {
  const { page } = await stage().visit(t, { path: 'journal?table=guest' })
  await table(page, 'Journal').getByRole('row').nth(1).waitFor()
  assert.equal(await page.getByLabel('Table').inputValue(), 'guest')
  await press(page, 'Check the chain')
  await expectText(page, /Whole: \d+ revisions/)
  await expectAccessible(page)
})

test('the log is shown', async (t) => {
  const { page } = await stage().visit(t, { path: 'log' })
  await expectTitle(page, 'Log')
  await expectAccessible(page)
})

test('a setting is changed, refused beside its field, and put back', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'settings' })
  problems.expect(/400 PUT/)
  await rowAction(page, 'batch.parallel', 'Change')
  const change = dialog(page, 'Change batch.parallel')
  await fill(change, { Value: '99' })
  await press(change, 'Change')
  await expectText(change, /32/)
  await fill(change, { Value: '8' })
  await press(change, 'Change')
  await expectRow(table(page, 'Settings of the zone'), 'batch.parallel', { Value: '8 guests' })
  await rowAction(page, 'batch.parallel', 'Reset to default')
  await expectRow(table(page, 'Settings of the zone'), 'batch.parallel', { Value: '4 guests' })
  await expectText(page, 'Reconcilers')
  await expectAccessible(page)
})

test('who may not is told which permission is missing', async (t) => {
  const { page } = await stage().visit(t, { path: 'people/users', as: 'lena' })
  await expectText(page, /identity\.read/)
  assert.equal(await page.getByRole('link', { name: 'Users' }).count(), 0)
})
