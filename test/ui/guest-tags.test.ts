// Tags of guests: shown in the list, found by, and changed on the page of a guest.
import { test } from 'node:test'
import { expectAccessible } from './axe.ts'
import { expectNoRow, expectRow, expectText, table } from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage({ guests: 14, snapshots: false })

test('tags are given on the page of a guest, and the list shows them and finds by them', async (t) => {
  const id = stage().guests['web-01'] ?? ''
  const { page } = await stage().visit(t, { path: `instances/${id}/settings` })
  const form = page.locator('form').filter({ has: page.getByRole('textbox', { name: 'Tags' }) })
  await form.getByRole('textbox', { name: 'Tags' }).fill('shop, public')
  await form.getByRole('button', { name: 'Save' }).click()
  await expectText(form, 'Saved')
  await page.goto('/ui/instances')
  await expectRow(table(page), 'web-01', { Tags: /shop\s*public/ })
  await page.getByRole('button', { name: 'Tags', exact: true }).click()
  await page.getByRole('menuitem', { name: 'shop' }).click()
  await page.keyboard.press('Escape')
  await expectNoRow(table(page), 'web-02')
  await expectText(page, '1 instance')
  await page.goto('/ui/instances?tag=shop,none')
  await expectText(page, '0 instances')
  await page.goto('/ui/instances?tag=shop,public')
  await expectRow(table(page), 'web-01')
  await expectNoRow(table(page), 'web-02')
  await expectAccessible(page)
})
