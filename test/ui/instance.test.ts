// The page of a guest: what it shows, and what is changed there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestBody, hold } from '../support/appliance.ts'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
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
import { done, must } from './population.ts'
import { setStage } from './stage.ts'

const stage = setStage({ snapshots: false })
const gibibyte = 2 ** 30

const at = (name: string, tab: string) => `instances/${stage().guests[name]}/${tab}`
const shown = async (name: string) =>
  (await must(stage().call('GET', `/guests/${stage().guests[name]}`))).data as Record<string, unknown>

test('the overview says what the guest is, where it is reached and what it does', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-01', 'overview') })
  await expectTitle(page, 'web-01')
  await expectText(page, 'Running')
  await expectText(page, '2 cores, 2 GiB, disk 20 GiB')
  await expectText(page, '80 of the host to 80, 443 of the host to 443')
  const { ethernet_address } = await shown('web-01')
  await page.getByRole('button', { name: `Copy: ${ethernet_address}` }).waitFor()
  for (const chart of ['CPU', 'Memory', 'Disks', 'Network'])
    await page.getByRole('figure', { name: chart, exact: true }).waitFor()
  await page
    .getByRole('figure', { name: 'CPU', exact: true })
    .getByText(/on average/)
    .waitFor({ state: 'attached' })
  await page.getByRole('link', { name: 'Start web-01' }).first().waitFor()
  await expectAccessible(page)
})

test('on a phone nothing is wider than the screen', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-01', 'overview'), viewport: phone, touch: true })
  await expectTitle(page, 'web-01')
  await page.getByRole('figure', { name: 'CPU', exact: true }).waitFor()
  const [page_, screen] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, window.innerWidth]',
  )
  assert.ok(page_ <= screen, `${page_} of ${screen} pixels`)
})

test('a guest that has crashed says what to do, and starts from its head', async (t) => {
  const { page } = await stage().visit(t, { path: at('mail-gateway', 'overview') })
  await expectText(page, 'The guest has crashed')
  await press(page, 'Start')
  await page.getByRole('button', { name: 'Shut down…' }).waitFor()
  await page.getByText('The guest has crashed').waitFor({ state: 'detached' })
})

test('a verb that asks first does so by the address, which names no more than the dialog', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-01', 'overview') })
  await press(page, 'Shut down…')
  await dialog(page, /Shut down web-01/).waitFor()
  assert.equal(new URL(page.url()).search, '?dialog=shutdown')
  await page.keyboard.press('Escape')
  await dialog(page).waitFor({ state: 'detached' })
})

test('a disk grows by what the plan says', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-03', 'disks') })
  await expectRow(table(page, 'Disks'), 'System disk', { Size: '20 GiB', 'Storage pool': 'local' })
  await expectAccessible(page)
  await rowAction(page, 'System disk', 'Grow…')
  const asked = dialog(page, 'Grow disk 0 of web-03')
  await fill(asked, { 'New size': '10' })
  await expectText(asked, 'A disk only grows: give more than it has.')
  await fill(asked, { 'New size': '24' })
  await press(asked, 'What would be done')
  await expectText(asked, /grow the disk to/)
  await press(asked, '1 command')
  await expectText(asked, /qemu-img resize/)
  await expectAccessible(page)
  await press(asked, 'Grow')
  await asked.waitFor({ state: 'detached' })
  await expectRow(table(page, 'Disks'), 'System disk', { Size: '24 GiB' })
  assert.deepEqual((await shown('web-03'))['disks'], [24 * gibibyte])
})

test('what a disk cannot be told now says why', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-01', 'disks') })
  await expectRow(table(page, 'Disks'), 'System disk')
  await page.getByRole('button', { name: 'Actions of System disk' }).click()
  await page.getByRole('menuitem', { name: /Reset from an image….*Shut the guest down first/s }).waitFor()
})

test('a medium is inserted and ejected', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-02', 'disks') })
  await press(page, 'Insert…')
  const asked = dialog(page, 'Insert a medium into web-02')
  await choose(asked, 'Media image', /debian/i)
  await press(asked, 'Insert')
  await expectText(page, /^In it: /)
  await press(page, 'Eject')
  await expectText(page, 'Nothing is in it.')
})

test('the system is reset from an image, and its progress is told', async (t) => {
  const { page } = await stage().visit(t, { path: `${at('web-03', 'disks')}?dialog=resetSystem` })
  const asked = dialog(page, 'Reset the system of web-03')
  await expectText(asked, /go into quarantine/)
  await press(asked, 'Reset the system')
  await asked.waitFor({ state: 'detached' })
  await eventually(async () => assert.equal((await shown('web-03'))['created'], true))
  await expectRow(table(page, 'Disks'), 'System disk')
})

test('cores, limits and the start with the host are changed, and what the server refuses stands at its field', async (t) => {
  const { page, problems } = await stage().visit(t, { path: at('dns-01', 'settings') })
  await expectAccessible(page)
  problems.expect(/4\d\d PUT .*\/cores/)
  await fill(page, { Cores: '4000' })
  await page.getByRole('button', { name: 'Save' }).first().click()
  await expectText(page, /cores/)
  await eventually(async () =>
    assert.ok((await page.getByText(/room for|at most|must be/).count()) > 0, 'the refusal is shown'),
  )
  await fill(page, { Cores: '2' })
  await page.getByRole('button', { name: 'Save' }).first().click()
  await eventually(async () => assert.equal((await shown('dns-01'))['cores'], 2))
  await choose(page, 'CPU priority', 'Low')
  await page.getByRole('button', { name: 'Save' }).last().click()
  await eventually(async () =>
    assert.equal(((await shown('dns-01'))['qos'] as Record<string, unknown>)['cpu_priority'], 'low'),
  )
})

test('a stopped guest is renamed, and another browser sees it', async (t) => {
  const other = await stage().visit(t, { path: at('desk-windows', 'overview') })
  await expectTitle(other.page, 'desk-windows')
  const { page } = await stage().visit(t, { path: at('desk-windows', 'settings') })
  await fill(page, { Name: 'desk-11' })
  await page.getByRole('button', { name: 'Save' }).nth(1).click()
  await expectTitle(page, 'desk-11')
  await expectTitle(other.page, 'desk-11')
})

test('performance has its span in the address', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-01', 'performance') })
  await page.getByRole('figure', { name: 'CPU', exact: true }).waitFor()
  await press(page, '7 days')
  await page.waitForURL(/range=7d/)
  assert.equal(await page.getByRole('button', { name: '7 days' }).getAttribute('aria-pressed'), 'true')
  await expectAccessible(page)
})

test('tasks and journal are those of this guest', async (t) => {
  const { page } = await stage().visit(t, { path: at('web-01', 'tasks') })
  await page.getByRole('link', { name: 'Start web-01' }).first().waitFor()
  await expectRow(table(page, 'Journal'), 'guest.create platform.web-01').catch(() =>
    expectText(table(page, 'Journal'), /web-01/),
  )
  assert.equal(await page.getByText(/web-02/).count(), 0)
  await expectAccessible(page)
})

test('a guest in the making shows its step, then its page', async (t) => {
  const held = hold(stage().world, 'define')
  const body = guestBody({ name: 'fresh', owner: 'lena', group: 'platform' })
  const answer = await must(stage().call('POST', '/guests/', body))
  const { id } = answer.data as { id: string }
  await held.reached
  const { page } = await stage().visit(t, { path: `instances/${id}` })
  await expectText(page, 'This guest is being created')
  await expectText(page, 'Step: define')
  await expectAccessible(page)
  held.letGo()
  await expectTitle(page, 'fresh')
  await page.getByRole('figure', { name: 'CPU', exact: true }).waitFor()
})

test('a guest that is deleted elsewhere says so, and who may not change one is told why', async (t) => {
  const reader = await stage().visit(t, { as: 'audrey', path: at('monitor', 'settings') })
  await expectTitle(reader.page, 'monitor')
  const remove = reader.page.getByRole('button', { name: 'Delete this guest…' })
  await remove.hover()
  await expectText(reader.page, /guest\.write/)
  assert.equal(await remove.getAttribute('aria-disabled'), 'true')
  reader.problems.expect(/404 GET .*/)
  const { page, problems } = await stage().visit(t, { path: at('monitor', 'overview') })
  problems.expect(/404 GET .*/)
  await expectTitle(page, 'monitor')
  const id = stage().guests['monitor']
  await done(stage(), stage().call('DELETE', `/guests/${id}`, { force: true }))
  await expectText(page, 'This guest was deleted')
  await expectText(page, /stay in quarantine/)
  await page.getByRole('link', { name: 'Go to the instances' }).waitFor()
  await expectAccessible(page)
})

test('from the danger zone a guest is deleted after what goes with it was named', async (t) => {
  const { page, problems } = await stage().visit(t, { path: at('cache-01', 'settings') })
  problems.expect(/404 GET .*/)
  await press(page, 'Delete this guest…')
  const asked = dialog(page, 'Delete cache-01?')
  await expectText(asked, 'With it go:')
  await press(asked, 'Delete')
  await page.waitForURL(/\/ui\/instances(\?|$)/)
})
