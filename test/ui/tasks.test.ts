// Tasks: the drawer at the foot, their list, the page of each.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hold } from '../support/appliance.ts'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import {
  dialog,
  eventually,
  expectRow,
  expectText,
  expectTitle,
  press,
  row,
  rowAction,
  table,
} from './by-role.ts'
import { done } from './population.ts'
import { setStage } from './stage.ts'

const stage = setStage({ stuckTask: true, snapshots: false })

const openDrawer = 'localStorage.setItem("nacelle.taskDrawer", "open 240")'

test('the drawer follows through every page, and stays as high as it was made', async (t) => {
  const { page } = await stage().visit(t, { path: 'dashboard' })
  const drawer = page.getByRole('region', { name: 'Tasks' })
  await drawer.getByRole('button', { name: 'Tasks', exact: true }).click()
  const handle = drawer.getByRole('separator', { name: 'Height of the task drawer' })
  const before = Number(await handle.getAttribute('aria-valuenow'))
  await handle.press('ArrowUp')
  await eventually(async () => assert.equal(Number(await handle.getAttribute('aria-valuenow')), before + 24))
  const box = (await handle.boundingBox())!
  await page.mouse.move(box.x + 300, box.y + box.height / 2)
  await page.mouse.down()
  await page.mouse.move(box.x + 300, box.y + box.height / 2 - 50, { steps: 4 })
  await page.mouse.up()
  await eventually(async () => assert.equal(Number(await handle.getAttribute('aria-valuenow')), before + 74))
  await page.getByRole('navigation').getByRole('link', { name: 'Storage' }).click()
  await expectTitle(page, 'Storage pools')
  await expectText(drawer.getByRole('listitem'), 'Create guest legacy-erp')
  await page.reload()
  await eventually(async () => assert.equal(Number(await handle.getAttribute('aria-valuenow')), before + 74))
})

test('a task is seen as it runs and as it ends, without asking again', async (t) => {
  const { call, guests, world } = stage()
  const { page } = await stage().visit(t, { path: 'tasks' })
  await expectRow(table(page), 'Create guest legacy-erp', { State: 'Stuck' })
  const drawer = page.getByRole('region', { name: 'Tasks' })
  const { letGo } = hold(world, 'start')
  const answering = call('POST', `/instances/${guests['web-03']}`, {})
  await expectRow(table(page), 'Start web-03', { State: 'Running' })
  await expectText(drawer, '1 task goes on')
  letGo()
  await answering
  await expectRow(table(page), 'Start web-03', { State: 'Done' })
  await expectText(drawer, 'Nothing is running')
  await expectText(drawer, 'Start web-03')
})

test('a task that waits names whom it waits for, and can be cancelled', async (t) => {
  const { call, guests, world } = stage()
  const { page } = await stage().visit(t, { path: 'tasks' })
  await page.evaluate(openDrawer)
  await page.reload()
  const { letGo } = hold(world, 'destroy')
  const id = guests['web-02']
  const first = call('DELETE', `/instances/${id}`, { force: true })
  const drawer = page.getByRole('region', { name: 'Tasks' })
  const running = drawer.getByRole('listitem').filter({ hasText: 'web-02' })
  await expectText(running, 'Running')
  const second = call('PUT', `/guests/${id}/cores?wait=600`, { cores: 3 })
  const waiting = drawer.getByRole('listitem').filter({ hasText: 'waits for another task' })
  await waiting.getByRole('button', { name: /^Steps of/ }).click()
  await expectText(waiting, /Waits until “.*web-02.*” lets go/)
  await expectAccessible(page)
  await waiting.getByRole('button', { name: /^Actions of/ }).click()
  await page.getByRole('menuitem', { name: 'Cancel and take back' }).click()
  assert.equal((await second).status, 409)
  await expectText(drawer.getByRole('listitem'), 'Cancelled')
  letGo()
  await first
})

test('a stuck task says why and what to do; who may not, sees what is missing', async (t) => {
  const { stuckTask } = stage()
  const { page } = await stage().visit(t, { path: `tasks/${stuckTask}`, as: 'audrey' })
  await expectTitle(page, 'Create guest legacy-erp')
  await expectText(page, /cannot acquire lock/)
  await expectText(page, /Mend the cause and try the step again/)
  await expectText(page, 'could not be taken back')
  for (const verb of ['Try the step again', 'Skip the step', 'Give up']) {
    const button = page.getByRole('button', { name: verb })
    assert.equal(await button.getAttribute('aria-disabled'), 'true')
    assert.match((await button.getAttribute('title')) ?? '', /task\.write/)
  }
  await expectAccessible(page)
})

test('the list is filtered by its address', async (t) => {
  const { page } = await stage().visit(t, { path: 'tasks?state=stuck' })
  await expectRow(table(page), 'Create guest legacy-erp', { State: 'Stuck', Who: 'admin' })
  assert.equal(await table(page).getByRole('row').count(), 2)
  await page.getByLabel('Any kind').selectOption('instance.start')
  await expectText(page, 'Nothing fits')
  assert.match(page.url(), /state=stuck/)
  assert.match(page.url(), /kind=instance\.start/)
  await press(page, 'Clear all filters')
  await row(table(page), 'Create guest web-01').waitFor()
  await expectAccessible(page)
})

test('a phone has the drawer in one line, and nothing beside the screen', async (t) => {
  const { page } = await stage().visit(t, { path: 'tasks', viewport: phone, touch: true })
  await expectText(page.getByRole('region', { name: 'Tasks' }), '1 is stuck')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
})

test('a stuck task is tried again from its list once the cause is gone', async (t) => {
  const { page } = await stage().visit(t, { path: 'tasks' })
  await rowAction(page, 'Create guest legacy-erp', 'Skip the step')
  await dialog(page, /Skip step/).waitFor()
  assert.match(page.url(), /dialog=skip/)
  await page.keyboard.press('Escape')
  await dialog(page).waitFor({ state: 'detached' })
  await press(page, 'Try the step again')
  await expectText(page.getByRole('main'), 'Failed')
  await expectText(page, /Mend the cause, then ask for it again/)
  await expectText(page, 'taken back')
})

test('giving up asks first', async (t) => {
  const { call, world } = stage()
  const before = world.hypervisor.world.fault
  world.hypervisor.world.fault = (name) => {
    if (name === 'start') throw new Error('no more memory')
    if (name === 'undefine' || name === 'destroy') throw new Error('cannot acquire lock')
  }
  const body = {
    name: 'lost',
    cores: 1,
    memory: 2 ** 29,
    disks: [2 ** 30],
    pool: 'default',
    auto_start: true,
  }
  const made = await call('POST', '/guests/', { ...body, owner: 'admin', group: 'manager', system: 'linux' })
  const id = made.headers.get('nacelle-task') ?? ''
  await world.appliance.tasks.wait(id, 10_000)
  world.hypervisor.world.fault = before
  const { page } = await stage().visit(t, { path: `tasks/${id}?dialog=abandon` })
  await press(dialog(page, /Give up/), 'Give up')
  await dialog(page).waitFor({ state: 'detached' })
  await eventually(() => assert.equal(world.appliance.tasks.get(id)?.state, 'failed'))
  await expectText(page.getByRole('main'), 'Failed')
})

test('in Chinese', async (t) => {
  await done(stage(), stage().call('POST', `/instances/${stage().guests['desk-windows']}`, {}))
  const { page } = await stage().visit(t, { path: 'tasks', language: 'zh-CN' })
  await expectTitle(page, '任务')
  await expectRow(table(page), 'Start desk-windows', { 状态: '已完成' })
})
