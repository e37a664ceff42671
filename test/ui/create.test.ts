// The wizards: from a source to the plan, what "create" does, and how far it is afterwards.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { type AxeOptions, expectAccessible as checkAccessible } from './axe.ts'
import { choose, eventually, expectRow, expectText, expectTitle, fill, press, table } from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage()

const stepNames = ['Source', 'Name and place', 'Size', 'Network', 'System', 'Start and limits', 'Review']

/** The frame has tests of its own. */
const expectAccessible = (page: Page, options: AxeOptions = {}) =>
  checkAccessible(page, { within: '#content', ...options })
/** The body of a step has the step's name, which begins alike. */
const nameOf = (page: Page) => page.getByRole('textbox', { name: 'Name' })
const next = (page: Page) => press(page, 'Next')
const expectStep = (page: Page, name: string) =>
  page.getByRole('heading', { level: 2, name, exact: true }).waitFor()

interface Found {
  id: string
  name: string
  cores: number
  memory: number
  disks: number[]
  running: boolean
}

async function guestNamed(name: string): Promise<Found> {
  const answer = await stage().call('POST', '/search/guests/', { limit: 100 })
  const found = (answer.data as { result: Found[] }).result.find((guest) => guest.name === name)
  assert.ok(found, `there is no guest ${name}`)
  return found
}

test('from a disk image: each step, the plan, and exactly that', async (t) => {
  const { visit, images, call } = stage()
  const { page } = await visit(t, { path: `instances/new?image=${images['debian-12']}&pool=default` })
  await expectStep(page, 'Source')
  assert.equal(await page.getByLabel('Disk image', { exact: false }).last().inputValue(), images['debian-12'])
  await expectAccessible(page)
  await next(page)
  await nameOf(page).fill('shop-01')
  await expectText(page, 'Its host name will be shop-01.')
  await expectAccessible(page, { themes: ['light'] })
  await nameOf(page).press('Enter')
  await expectStep(page, 'Size')
  assert.match(new URL(page.url()).search, /step=size/)
  await expectText(page, /At least 4 GiB, the size of the image/)
  await fill(page, { Cores: '4', Memory: '3' })
  await press(page, 'Add data disk')
  await fill(page, { 'Data disk 1': '7' })
  await expectAccessible(page, { themes: ['light'] })
  await next(page)
  await expectText(page, /free address/)
  await fill(page, { Ports: '443' })
  await expectAccessible(page, { themes: ['light'] })
  await next(page)
  await fill(page.locator('#content'), { User: 'ops' })
  await expectAccessible(page, { themes: ['light'] })
  await next(page)
  await fill(page, { 'Start right after creation': true })
  await expectAccessible(page, { themes: ['light'] })
  await next(page)

  const plan = page.getByRole('region', { name: 'What will be done' })
  await expectText(plan, /record guest 'shop-01' in group 'manager' with 3 volumes/)
  await expectText(plan, /a thin clone of image 'debian-12' grown to 20 GiB/)
  await expectText(plan, /MiB on local/)
  await expectText(plan, /Takes about .+, as the last ones did/)
  const disks = plan.getByRole('listitem').filter({ hasText: 'a thin clone' })
  await disks.getByRole('button', { name: /command/ }).click()
  await expectText(disks, /^qemu-img create/)
  await expectAccessible(page)
  await press(page, 'Create')
  await expectTitle(page, 'manager.shop-01 is there')
  assert.match(new URL(page.url()).search, /^\?guest=/)
  await expectText(page, 'cloud-init seed')
  await expectAccessible(page, { themes: ['light'] })

  const guest = await guestNamed('manager.shop-01')
  const { data } = await call('GET', `/guests/${guest.id}`)
  const made = data as Found & { ports: { guest: number }[]; auto_start: boolean }
  assert.deepEqual([made.cores, made.memory, made.disks], [4, 3 * 2 ** 30, [20 * 2 ** 30, 7 * 2 ** 30]])
  assert.deepEqual([made.auto_start, made.running, made.ports.map((port) => port.guest)], [true, true, [443]])
  await page.getByRole('link', { name: 'Open the instance' }).first().click()
  await page.waitForURL(/\/instances\/[^/]+\/overview/)
})

test('what is refused stands under its field, with a way to it', async (t) => {
  const { visit, images } = stage()
  const { page, problems } = await visit(t, {
    path: `instances/new?image=${images['debian-12']}&pool=default&group=platform&step=identity`,
  })
  problems.expect(/409 POST/)
  await next(page)
  await expectText(page, 'Give it a name.')
  await nameOf(page).fill('web-01')
  await next(page)
  await page.getByRole('button', { name: 'Review' }).click()
  const words = "a guest named 'web-01' exists in group 'platform'"
  await expectText(page.getByRole('region', { name: 'What will be done' }), words)
  assert.equal(await page.getByRole('button', { name: 'Create', exact: true }).isDisabled(), true)
  await press(page, 'Go to “Name and place”')
  await expectText(page, words)
  await expectAccessible(page)
  await nameOf(page).fill('web-99')
  await eventually(async () => assert.equal(await page.getByText(words).count(), 0))
  await page.getByRole('button', { name: 'Review' }).click()
  await expectText(page, /record guest 'web-99'/)
})

test('a draft survives a reload, but for its password, until it is cancelled', async (t) => {
  const { page } = await stage().visit(t, { path: 'instances/new' })
  await page.getByLabel('Nothing yet').check()
  await next(page)
  await nameOf(page).fill('half-done')
  await choose(page, 'Compute pool', 'default')
  await page.getByRole('button', { name: 'System', exact: true }).click()
  await fill(page, { Password: 'not to be kept' })
  const kept = await page.evaluate(`JSON.stringify(sessionStorage)`)
  assert.match(String(kept), /half-done/)
  assert.doesNotMatch(String(kept), /not to be kept/)
  await page.reload()
  await expectStep(page, 'System')
  assert.equal(await page.getByLabel('Password').inputValue(), '')
  await page.goBack()
  await expectStep(page, 'Name and place')
  assert.equal(await nameOf(page).inputValue(), 'half-done')
  await press(page, 'Cancel')
  await page.waitForURL(/\/instances$/)
  await page.goto('/ui/instances/new?step=identity')
  assert.equal(await nameOf(page).inputValue(), '')
})

test('from a media image it is started with it once it is there', async (t) => {
  const { visit, images, call } = stage()
  const { page } = await visit(t, {
    path: `instances/new?media=${images['debian-12-netinst']}&pool=default&template=debian12`,
  })
  await next(page)
  await nameOf(page).fill('fresh')
  await page.getByRole('button', { name: 'Review' }).click()
  await expectText(page, /start it from the media image as soon as it is there/)
  await press(page, 'Create')
  await expectTitle(page, 'manager.fresh is there')
  await eventually(async () => {
    const { id } = await guestNamed('manager.fresh')
    const { data } = await call('GET', `/guests/${id}`)
    const { running, media_attached, template } = data as Record<string, unknown>
    assert.deepEqual([running, media_attached, template], [true, true, 'debian12'])
  })
  await eventually(() => assert.doesNotMatch(page.url(), /media=/))
})

test('a batch shows its names before they are, and each of them afterwards', async (t) => {
  const { visit, images } = stage()
  const { page } = await visit(t, {
    path: `instances/new-batch?image=${images['debian-12']}&pool=default&step=identity`,
  })
  await fill(page, { 'How many': '3', Prefix: 'node' })
  for (const name of ['manager.node_0', 'manager.node_1', 'manager.node_2']) await expectText(page, name)
  await choose(page, 'Names', 'Prefix and the network address')
  await expectText(page, 'manager.node_x.x.x.x')
  await choose(page, 'Names', 'Prefix and a number from 0')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Review' }).click()
  await expectText(page, 'create guest manager.node_2')
  await expectAccessible(page, { themes: ['light'] })
  await press(page, 'Create')
  await expectTitle(page, 'Creation of 3 instances')
  assert.match(new URL(page.url()).search, /^\?batch=/)
  for (const name of ['manager.node_0', 'manager.node_1', 'manager.node_2'])
    await expectRow(table(page, 'Instances of this batch'), name, { State: 'Created' })
  await expectText(page, '3 of 3 created')
  await expectAccessible(page)
})

test('who may only make his own sees himself as the owner, and no steps without permission', async (t) => {
  const { page } = await stage().visit(t, { as: 'lena', path: 'instances/new?step=identity' })
  await expectStep(page, 'Name and place')
  assert.deepEqual(await page.getByLabel('Owner').getByRole('option').allInnerTexts(), ['lena'])
  assert.deepEqual(await page.getByLabel('Group').getByRole('option').allInnerTexts(), ['platform'])
  const steps = page.getByRole('navigation', { name: 'Steps of the creation' }).getByRole('button')
  assert.deepEqual(await steps.allInnerTexts(), stepNames)
  const auditor = await stage().visit(t, { as: 'audrey', path: 'instances/new' })
  await expectText(auditor.page, /Needs the permission guest.write/)
})
