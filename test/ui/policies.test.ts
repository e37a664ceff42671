// Security policies: groups and guests have the same editor of ordered rules.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
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
  row,
  rowAction,
  table,
} from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage({ guests: 2, snapshots: false })

/** Ports of the rules, from the first on, as the page shows them. */
const shownPorts = (page: Page) => table(page, 'Rules').locator('[data-label="Port"]').allInnerTexts()

const expectPorts = (page: Page, ports: string[]) =>
  eventually(async () => assert.deepEqual(await shownPorts(page), ports))

async function recordedPorts(path: string): Promise<string[]> {
  const { data } = await stage().call('GET', path)
  return (data as { to_port: number }[]).map(({ to_port }) => String(to_port))
}

async function groupId(name: string): Promise<string> {
  const { data } = await stage().call('GET', '/security_policy_groups/')
  return (data as { id: string; name: string }[]).find((group) => group.name === name)?.id ?? ''
}

test('rules are ordered by dragging, by buttons and by the keyboard', async (t) => {
  const rules = `/security_policy_groups/${await groupId('web')}/rules/`
  const { page } = await stage().visit(t, { path: 'network/policies' })
  await page.getByRole('link', { name: 'web', exact: true }).click()
  await expectTitle(page, 'web')
  await expectPorts(page, ['80', '443', '22'])
  await expectAccessible(page)

  await page
    .locator('tr', { hasText: '443' })
    .getByRole('button', { name: /^Move up/ })
    .click()
  await expectPorts(page, ['443', '80', '22'])
  await eventually(async () => assert.deepEqual(await recordedPorts(rules), ['443', '80', '22']))

  // The rule keeps the focus, so that it goes on with the next stroke.
  const handle = (place: number) => page.getByRole('button', { name: new RegExp(`^Rule ${place}:`) })
  await eventually(async () => assert.equal(await handle(1).getAttribute('aria-disabled'), null))
  await handle(1).focus()
  await page.keyboard.press('Alt+ArrowDown')
  await expectPorts(page, ['80', '443', '22'])
  await expectText(page, /is now at place 2 of 3/)
  await eventually(async () =>
    assert.match(
      (await page.evaluate<string | null>('document.activeElement.getAttribute("aria-label")')) ?? '',
      /^Rule 2:.*443/,
    ),
  )

  await eventually(async () => assert.equal(await handle(3).getAttribute('aria-disabled'), null))
  await handle(3).dragTo(handle(1))
  await expectPorts(page, ['22', '80', '443'])
  await eventually(async () => assert.deepEqual(await recordedPorts(rules), ['22', '80', '443']))
})

test('a rule is added, edited, removed and brought back', async (t) => {
  const id = await groupId('web')
  const { page, problems } = await stage().visit(t, { path: `network/policies/${id}` })
  problems.expect(/400 POST/)
  await press(page, 'Add rule')
  await eventually(() => assert.match(page.url(), /dialog=rule/))
  await choose(dialog(page), 'Protocol', 'UDP')
  await fill(dialog(page), { Port: '53', From: '10.0.0' })
  await press(dialog(page), 'Add')
  await expectText(dialog(page), /from_address must be an IPv4 address/)
  await expectAccessible(page, { within: '[role=dialog]' })
  await fill(dialog(page), { From: '10.0.0.0/8' })
  await press(dialog(page), 'Add')
  await expectRow(table(page, 'Rules'), '53', { Protocol: 'UDP', From: '10.0.0.0/8', To: 'any' })
  await row(table(page, 'Rules'), '53').getByRole('button', { name: /^Edit/ }).click()
  await dialog(page).getByLabel('Reject').check()
  await press(dialog(page), 'Save')
  await expectRow(table(page, 'Rules'), '53', { Action: 'Reject' })
  const before = await shownPorts(page)
  await page
    .locator('tr', { hasText: '443' })
    .getByRole('button', { name: /^Remove/ })
    .click()
  await expectNoRow(table(page, 'Rules'), '443')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expectPorts(page, before)
})

test('a group is made, and one that a guest uses is not deleted', async (t) => {
  const { guests } = stage()
  const { page, problems } = await stage().visit(t, { path: 'network/policies' })
  problems.expect(/409 DELETE/)
  await press(page, 'Create policy group')
  await fill(dialog(page), { Name: 'databases', Description: 'Only from the inside' })
  await choose(dialog(page), 'What no rule fits', 'Reject')
  await press(dialog(page), 'Create')
  await expectRow(table(page), 'databases', { State: 'Enabled', 'What no rule fits': 'Reject' })
  await rowAction(page, 'databases', 'Disable')
  await expectRow(table(page), 'databases', { State: 'Disabled' })
  await expectAccessible(page)

  await page.goto(`/ui/instances/${guests['web-01']}/security`)
  await choose(page, 'Policy group', 'databases')
  await expectText(page, /is disabled: its rules have no effect/)
  await choose(page, 'Policy group', 'web')
  await expectRow(table(page, /Rules of the group web/), '80', { Action: 'Accept' })
  await choose(page, 'What no rule fits', 'Reject')
  await eventually(async () => {
    const { data } = await stage().call('GET', `/guests/${guests['web-01']}/security_policy/`)
    const { inherited, default_action } = data as { inherited: boolean; default_action: string }
    assert.deepEqual([inherited, default_action], [false, 'reject'])
  })
  await press(page, 'Add rule')
  await fill(dialog(page), { Port: '8080' })
  await press(dialog(page), 'Add')
  await expectRow(table(page, 'Rules'), '8080', { Action: 'Accept' })
  await expectAccessible(page)

  await page.goto('/ui/network/policies')
  await rowAction(page, 'web', 'Delete')
  await expectText(dialog(page), /still used by platform\.web-01/)
  assert.equal(await dialog(page).getByRole('button', { name: 'Delete' }).isDisabled(), true)
  await page.keyboard.press('Escape')
  await rowAction(page, 'databases', 'Delete')
  await press(dialog(page), 'Delete')
  await expectNoRow(table(page), 'databases')
})

test('who may only read sees the rules and why he changes none', async (t) => {
  const id = await groupId('web')
  const { page } = await stage().visit(t, { path: `network/policies/${id}`, as: 'audrey' })
  const add = page.getByRole('button', { name: 'Add rule' })
  assert.equal(await add.getAttribute('aria-disabled'), 'true')
  await add.hover()
  await expectText(page, /policy\.write/)
})
