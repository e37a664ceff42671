// Templates: profiles of guest systems, listed, made, changed and deleted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectAccessible } from './axe.ts'
import {
  choose,
  dialog,
  eventually,
  expectRow,
  expectText,
  expectTitle,
  fill,
  press,
  rowAction,
  table,
} from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage({ guests: 1, snapshots: false })

test('a template is found, copied, refused at its field, and made', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'templates' })
  problems.expect(/400 POST/)
  await expectRow(table(page, 'Templates'), 'Debian 12', { Family: 'linux' })
  await expectAccessible(page, { within: '#content' })
  await page.getByRole('textbox', { name: 'Find by name or id' }).fill('win11')
  await eventually(async () => assert.equal(await table(page).getByRole('row').count(), 2))
  assert.match(page.url(), /q=win11/)
  await rowAction(page, 'Windows 11', 'Copy to a new one')
  const form = dialog(page, 'Create template as a copy of Windows 11')
  await fill(form, { Name: 'Kiosk', 'Known as': 'kiosk, front desk' })
  await choose(form, 'Bus of the disks', 'ide')
  await press(form, 'Create')
  await expectText(form, "disk 'ide' needs the machine 'pc'")
  await expectAccessible(page, { within: '[role=dialog]' })
  await choose(form, 'Bus of the disks', 'virtio')
  await press(form, 'Create')
  await expectTitle(page, 'Kiosk')
  await expectText(page, 'kiosk, front desk')
  await expectAccessible(page, { within: '#content' })
})

test('a template is changed and deleted by address', async (t) => {
  const { call, visit } = stage()
  const made = await call('POST', '/templates/', { name: 'Short-lived' })
  const { id } = made.data as { id: string }
  const { page } = await visit(t, { path: `templates/${id}?dialog=edit` })
  await choose(dialog(page, 'Change Short-lived'), 'Network card', 'e1000')
  await press(dialog(page), 'Save')
  await expectText(page, 'e1000')
  await press(page, 'Delete')
  await press(dialog(page, 'Delete Short-lived?'), 'Delete')
  await page.waitForURL(/\/templates$/)
  assert.equal((await call('GET', `/templates/${id}`)).status, 404)
})

test('one that a guest names says so before it is deleted', async (t) => {
  const { call, visit, world } = stage()
  const body = { name: 'named', owner: 'admin', group: 'manager', pool: 'default', cores: 1, memory: 512 }
  const answer = await call('POST', '/guests/', { ...body, disks: [1024], template: 'rocky9' })
  await world.appliance.tasks.wait(answer.headers.get('nacelle-task') ?? '', 20_000)
  const { page, problems } = await visit(t, { path: 'templates/rocky9?dialog=delete' })
  problems.expect(/409 DELETE/)
  await expectText(dialog(page), /guest/)
  await dialog(page)
    .getByText(/rocky9|Rocky Linux 9/)
    .nth(1)
    .waitFor()
  await press(dialog(page), 'Cancel')
  await press(page, 'Create instance')
  await page.waitForURL(/instances\/new/)
  assert.equal(await page.getByLabel('Template').inputValue(), 'rocky9')
})

test('who may only read is told which permission is missing', async (t) => {
  const { page } = await stage().visit(t, { as: 'audrey', path: 'templates?dialog=create' })
  await expectRow(table(page, 'Templates'), 'Debian 12')
  assert.equal(await page.getByRole('dialog').count(), 0)
  const create = page.getByRole('button', { name: /Create template/ })
  assert.equal(await create.getAttribute('aria-disabled'), 'true')
})
