// Compute pools, cells, and the domains that others have made.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import {
  choose,
  dialog,
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

const stage = setStage({ guests: 3, snapshots: false })

test('a compute pool is made, changed, disabled and deleted', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'compute/pools' })
  problems.expect(/40\d POST .*compute_pools/)
  const all = table(page, 'Compute pools')
  await expectRow(all, 'default', { State: 'Enabled', Storage: 'local' })
  await press(page, 'Create compute pool')
  const form = dialog(page, 'Create compute pool')
  await fill(form, { Name: 'default' })
  await press(form, 'Create compute pool')
  await expectText(form.locator('#pool-name-hint'), /There is a compute pool 'default' already/)
  await expectAccessible(page)
  await fill(form, { Name: 'lab' })
  await form.getByRole('radio', { name: 'Bridge' }).check()
  await choose(form, 'Storage pool', 'local')
  await press(form, 'Create compute pool')
  await expectTitle(page, 'lab')
  await expectText(page, /on a bridge of the cell/)
  await press(page, 'Modify')
  await dialog(page).getByRole('radio', { name: 'NAT with ports' }).check()
  await press(dialog(page), 'Save')
  await dialog(page).waitFor({ state: 'detached' })
  await expectText(page, /ports of the cell are forwarded/)
  await press(page, 'Disable')
  await expectText(page.getByRole('main'), 'Disabled')
  await press(page, 'Delete')
  await press(dialog(page, 'Delete lab'), 'Delete')
  await expectTitle(page, 'Compute pools')
  await expectNoRow(page, 'lab')
})

test('a pool shows what it stands on, what it carries, and its cells', async (t) => {
  const { page } = await stage().visit(t, { path: 'compute/pools/default' })
  await expectText(page, /running instances may have 100 % of the memory/)
  await page.getByRole('figure', { name: 'CPU' }).waitFor()
  await expectRow(table(page, 'Cells'), 'here', { State: 'Enabled', Instances: /\d of \d running/ })
  await expectAccessible(page)
  const remove = page.getByRole('button', { name: 'Delete', exact: true })
  assert.match((await remove.getAttribute('title')) ?? '', /has cells/)
})

test('a cell is disabled, and enabled again, from its list', async (t) => {
  const { page } = await stage().visit(t, { path: 'compute/cells' })
  const cells = table(page, 'Cells')
  await rowAction(page, 'here', 'Disable')
  await expectRow(cells, 'here', { State: 'Disabled', 'Compute pool': 'default' })
  await rowAction(page, 'here', 'Enable')
  await expectRow(cells, 'here', { State: 'Enabled' })
})

test('a cell shows its storages; a bridge that is not there is refused below its field', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'compute/cells/default/here' })
  problems.expect(/40\d PUT .*compute_pool_cells/)
  await expectText(page, 'New disks land on')
  await page.getByRole('main').getByRole('link', { name: 'local' }).waitFor()
  await press(page, 'Change the bridge')
  const form = dialog(page, 'Bridge of here')
  await fill(form, { 'Bridge of the LAN': 'no such/bridge' })
  await press(form, 'Save')
  await expectText(form.locator('#cell-bridge-hint'), /is not the name of an interface/i)
  await expectAccessible(page)
  await press(form, 'Cancel')
  await press(page, 'Take out of the pool')
  await expectText(dialog(page), /Only one without instances can go/)
})

test('who may only read sees which permission is missing', async (t) => {
  const { page } = await stage().visit(t, { path: 'compute/pools', as: 'audrey' })
  const create = page.getByRole('button', { name: 'Create compute pool' })
  assert.equal(await create.getAttribute('aria-disabled'), 'true')
  assert.match((await create.getAttribute('title')) ?? '', /compute\.write/)
})

test('a phone shows pools and cells without a scroll bar below', async (t) => {
  const { page } = await stage().visit(t, { path: 'compute/pools/default', viewport: phone, touch: true })
  await expectText(page, 'Placement')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
  await expectAccessible(page)
})
