// The list of instances: what it shows, how it is searched, and what is done from it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import {
  dialog,
  eventually,
  expectNoRow,
  expectRow,
  expectText,
  press,
  row,
  rowAction,
  rowActions,
  table,
} from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage({ guests: 14, snapshots: false })
const path = 'instances'

test('the columns say what is asked most, and a guest that is started or ends shows it without a reload', async (t) => {
  const { page } = await stage().visit(t, { path })
  await expectRow(table(page), 'db-primary', { State: 'Running', Memory: '8 GiB', CPU: 'of 4', Cell: 'here' })
  await expectRow(table(page), 'build-runner', { State: 'Paused' })
  await expectRow(table(page), 'mail-gateway', { State: 'Crashed' })
  await expectRow(table(page), 'web-03', { State: 'Stopped', CPU: '2 cores', Address: /^10\./ })
  await rowAction(page, 'web-03', 'Start')
  await expectRow(table(page), 'web-03', { State: 'Running' })
  stage().world.hypervisor.world.guestPowersOff(stage().guests['web-03'] ?? '')
  await expectRow(table(page), 'web-03', { State: 'Stopped' })
  // From the top: half a row below the head of the table would count as too small a target.
  await page.reload()
  await expectRow(table(page), 'cache-01')
  await expectAccessible(page)
})

test('verbs stand in one order; those that its state forbids say so', async (t) => {
  const { page } = await stage().visit(t, { path })
  const names = await rowActions(page, 'dns-01')
  assert.deepEqual(names.slice(0, 4), ['Start', 'Boot from media or network…', 'Console', 'Shut down…'])
  await row(table(page), 'dns-01').getByRole('button', { name: 'Actions of dns-01' }).click()
  const start = page.getByRole('menuitem', { name: 'Start Not while it is' })
  assert.equal(await start.getAttribute('aria-disabled'), 'true')
})

test('search, filters and order stand in the address, and a link shows the same', async (t) => {
  const { page } = await stage().visit(t, { path })
  await page.getByLabel('Search instances').fill('db-')
  await expectNoRow(table(page), 'web-01')
  await expectText(page, '2 instances')
  await eventually(() => assert.match(page.url(), /\?q=db-/))
  await page.goto('/ui/instances?state=stopped,crashed&sort=name&desc=true')
  await expectRow(table(page), 'mail-gateway')
  await expectNoRow(table(page), 'db-primary')
  const names = await table(page).getByRole('link').allInnerTexts()
  assert.deepEqual(names, [...names].sort().reverse())
  await press(page, 'Clear all filters')
  await expectRow(table(page), 'db-primary')
  await page.goto('/ui/instances?q=nobody-is-called-so')
  await expectText(page, 'Nothing fits')
})

test('a shut down asks first, by its address, and shows when the guest has followed', async (t) => {
  const { page } = await stage().visit(t, { path })
  await page.goto(`/ui/instances?dialog=shutdown&of=${stage().guests['cache-01']}`)
  await press(dialog(page, /Shut down cache-01/), 'Shut down')
  await eventually(() => assert.doesNotMatch(page.url(), /dialog=/))
  await expectRow(table(page), 'cache-01', { State: 'Stopped' })
})

test('a deletion names what is lost, and its disks can be brought back', async (t) => {
  const { page } = await stage().visit(t, { path })
  await rowAction(page, 'app-001', /^Delete/)
  const asked = dialog(page, /Delete app-001/)
  await expectText(asked, 'its disk of 20 GiB')
  await expectText(asked, /quarantine/)
  await press(asked, 'Delete')
  await page.mouse.move(0, 0)
  await expectNoRow(table(page), 'app-001')
  await press(page, 'Bring the disks back')
  await expectText(page, 'The disks are back')
})

test('what is refused is told in the words of the appliance', async (t) => {
  const { page, problems } = await stage().visit(t, { path })
  problems.expect(/^5\d\d|409/)
  const { world } = stage().world.hypervisor
  const before = world.fault
  t.after(() => {
    world.fault = before
  })
  world.fault = (name) => {
    if (name === 'start') throw new Error('the host has no memory left')
  }
  await rowAction(page, 'desk-windows', 'Start')
  await expectText(page, 'Start failed: desk-windows')
  await expectRow(table(page), 'desk-windows', { State: 'Stopped' })
})

test('many are powered off and deleted at once; what is chosen survives what happens meanwhile', async (t) => {
  const { page } = await stage().visit(t, { path })
  for (const name of ['web-01', 'web-02', 'app-002'])
    await page.getByRole('checkbox', { name: `Choose ${name}`, exact: true }).check()
  await stage().call('POST', `/instances/${stage().guests['app-002']}`, {})
  await expectRow(table(page), 'app-002', { State: 'Running' })
  await expectText(page, '3 chosen')
  const bulk = page.getByRole('region', { name: 'Chosen instances' })
  await press(bulk, /^Power off/)
  await expectText(dialog(page), /web-01/)
  await press(dialog(page, /Power off: 3 instances/), 'Power off')
  for (const name of ['web-01', 'web-02', 'app-002']) await expectRow(table(page), name, { State: 'Stopped' })
  await page.getByRole('checkbox', { name: 'Choose web-01', exact: true }).uncheck()
  await page.getByRole('checkbox', { name: 'Choose web-02', exact: true }).uncheck()
  await press(bulk, /^Delete/)
  await press(dialog(page, /Delete: 1 instance/), 'Delete')
  await page.mouse.move(0, 0)
  await expectNoRow(table(page), 'app-002')
})

test('columns are chosen and remembered', async (t) => {
  const { page } = await stage().visit(t, { path })
  await press(page, 'Columns')
  await page
    .getByRole('option', { name: 'Owner' })
    .or(page.getByRole('menuitem', { name: 'Owner' }))
    .click()
  await page.keyboard.press('Escape')
  await expectRow(table(page), 'monitor', { Owner: 'lena' })
  await page.reload()
  await expectRow(table(page), 'monitor', { Owner: 'lena' })
})

test('keys lead everywhere, and the search finds by kind', async (t) => {
  const { page } = await stage().visit(t, { path })
  await expectRow(table(page), 'monitor')
  await page.keyboard.press('?')
  await expectText(dialog(page, 'Keys'), 'Create an instance')
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await page.keyboard.type('debian')
  await page.getByRole('option', { name: /debian-12-netinst/ }).waitFor()
  await expectAccessible(page)
  await page.getByLabel('Search everything').first().fill('monitor')
  await page.getByRole('option', { name: /platform\.monitor/ }).waitFor()
  await page.keyboard.press('Enter')
  await eventually(() => assert.match(page.url(), new RegExp(`/instances/${stage().guests['monitor']}`)))
  await page.keyboard.press('g')
  await page.keyboard.press('i')
  await eventually(() => assert.match(page.url(), /\/ui\/instances$/))
})

test('a pool beside the list filters it and counts what runs', async (t) => {
  const { page } = await stage().visit(t, { path })
  const pools = page.getByRole('navigation', { name: 'Pools' })
  await pools.getByRole('link', { name: /default/ }).click()
  await eventually(() => assert.match(page.url(), /pool=default/))
  await expectRow(table(page), 'monitor')
})

test('on a phone guests are cards with state, name, address and menu', async (t) => {
  const { page } = await stage().visit(t, { path, viewport: phone, touch: true })
  const card = page.getByRole('listitem').filter({ hasText: 'db-replica' })
  await expectText(card, 'Running')
  await expectText(card, /10\.\d+/)
  await card.getByRole('button', { name: 'Actions of db-replica' }).click()
  await page.getByRole('menuitem', { name: 'Console' }).waitFor()
  await page.keyboard.press('Escape')
  assert.ok(
    await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
    'the page scrolls sideways',
  )
  await expectAccessible(page)
})

test('somebody who may only look is told why he cannot do more', async (t) => {
  const { page } = await stage().visit(t, { path, as: 'audrey' })
  await row(table(page), 'monitor').getByRole('button', { name: 'Actions of monitor' }).click()
  await expectText(page, /Needs the permission guest\.write/)
})
