// The zone at a glance.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import { eventually, expectText, expectTitle } from './by-role.ts'
import { setStage } from './stage.ts'

describe('a zone at work', () => {
  const stage = setStage({ stuckTask: true, fullPool: true, strayVolumes: true, snapshots: false })

  test('guests are counted by state, and lead to their list', async (t) => {
    const { page } = await stage().visit(t)
    await expectTitle(page, 'Dashboard')
    await expectText(page, '13 instances')
    const crashed = page.getByRole('listitem').filter({ hasText: 'Crashed' })
    await crashed.getByRole('link', { name: '1' }).click()
    await page.waitForURL(/\/instances\?state=crashed/)
  })

  test('what needs a person is named with its mend and where to go', async (t) => {
    const { page } = await stage().visit(t)
    const needs = page.getByRole('listitem')
    const full = needs.filter({ hasText: /Storage pool 'archive' is full/ })
    await expectText(full, /Delete guests or images that nobody needs/)
    await full.getByRole('link', { name: 'Open the storage pool' }).click()
    await expectTitle(page, 'archive')
    await page.goBack()
    const stuck = needs.filter({ hasText: /legacy-erp' is stuck/ })
    await stuck.getByRole('link', { name: 'Open the task' }).click()
    await expectTitle(page, 'Create guest legacy-erp')
  })

  test('figures of the zone are shown, and a guest that stops is counted at once', async (t) => {
    const { world, guests } = stage()
    const { page } = await stage().visit(t)
    await expectText(page, 'Zone default')
    for (const name of ['CPU', 'Memory given to guests', 'Disks', 'Network'])
      await page.getByRole('figure', { name }).waitFor()
    await expectAccessible(page)
    const running = page.getByRole('listitem').filter({ hasText: 'Running' }).getByRole('link')
    const before = Number(await running.innerText())
    world.hypervisor.world.guestPowersOff(guests['monitor'] ?? '')
    await eventually(async () => assert.equal(Number(await running.innerText()), before - 1))
  })

  test('a user sees his own, and a phone no scroll bar below', async (t) => {
    const { page } = await stage().visit(t, { as: 'lena', viewport: phone, touch: true })
    await expectText(page, /\d+ instances/)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
    await expectAccessible(page)
  })
})

describe('an empty zone', () => {
  const stage = setStage({ guests: 0, snapshots: false })

  test('teaches its first steps', async (t) => {
    const { page } = await stage().visit(t)
    await page.getByRole('heading', { level: 2, name: 'The first instance in two steps' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'Upload a disk image' }).click()
    await page.waitForURL(/\/images\/disk/)
    await page.goBack()
    await page.getByRole('link', { name: 'Create an instance' }).click()
    await page.waitForURL(/\/instances\/new/)
  })
})
