// The tree of snapshots of a guest in the browser: `db-primary` has four, with a branch.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import { dialog, eventually, expectText, fill, press } from './by-role.ts'
import { done } from './population.ts'
import { setStage } from './stage.ts'

const stage = setStage({ guests: 4 })

const idOf = (name: string): string => stage().guests[name] as string
const pathOf = (name: string, query = '') => `instances/${idOf(name)}/snapshots${query}`
const item = (page: Page, name: string | RegExp) => page.getByRole('treeitem', { name })

test('the tree shows where the guest is, and its keys lead through it', async (t) => {
  const { page } = await stage().visit(t, { path: pathOf('db-primary') })
  await item(page, 'tuned').waitFor()
  const names = await page.getByRole('treeitem').allInnerTexts()
  assert.deepEqual(
    names.map((name) => name.split('\n')[0]),
    ['before-upgrade', 'experiment', 'upgraded', 'tuned', 'You are here'],
  )
  const levels = await page.evaluate(
    `[...document.querySelectorAll('[role=treeitem]')].map((node) => node.ariaLevel)`,
  )
  assert.deepEqual(levels, ['1', '2', '2', '3', '4'])
  await item(page, 'You are here').focus()
  await page.keyboard.press('ArrowLeft')
  await page.getByRole('heading', { name: 'tuned' }).waitFor()
  assert.match(page.url(), /snapshot=tuned/)
  await page.keyboard.press('Home')
  const panel = page.getByRole('region', { name: 'before-upgrade' })
  await expectText(panel, 'PostgreSQL 15, before the upgrade to 16')
  await expectText(panel, 'The guest was off: its disks are at rest')
  await expectAccessible(page)
})

test('a guest without snapshots says what they are for, and gets its first one', async (t) => {
  const { page, problems } = await stage().visit(t, { path: pathOf('web-01') })
  await page.getByRole('heading', { name: 'No snapshots' }).waitFor()
  await expectAccessible(page)
  await press(page, 'Take a snapshot')
  assert.match(page.url(), /dialog=takeSnapshot/)
  const form = dialog(page, 'Take a snapshot')
  await expectText(form, /Needs the guest agent/)
  problems.expect(/^400 POST .*dry_run/)
  await fill(form, { Name: '-wrong' })
  await expectText(form, /begin with a letter or digit/)
  await fill(form, { Name: 'fresh', Description: 'As it was made' })
  await form.getByText('Disks and memory', { exact: true }).click()
  await expectText(form, /2 GiB on local/)
  await expectAccessible(page)
  await press(form, 'Take')
  await page.getByRole('heading', { name: 'fresh' }).waitFor()
  await expectText(page, 'Goes on from its memory')
  await expectText(item(page, /^fresh/), 'with memory')
})

test('a restore says what is lost, and moves the present place', async (t) => {
  const { page } = await stage().visit(t, { path: pathOf('db-primary', '?snapshot=experiment') })
  await press(page, 'Restore')
  const form = dialog(page, /Restore db-primary to experiment/)
  await expectText(form, 'What was written since tuned is lost')
  await expectText(form, 'The guest runs and is ended as by a power cut.')
  await expectText(form, /into quarantine/)
  await expectAccessible(page)
  await press(form, 'Restore')
  await form.waitFor({ state: 'detached' })
  await eventually(async () => {
    const names = await page.getByRole('treeitem').allInnerTexts()
    assert.deepEqual(
      names.map((name) => name.split('\n')[0]),
      ['before-upgrade', 'upgraded', 'tuned', 'experiment', 'You are here'],
    )
  })
})

test('a deletion says what it costs, by a link that opens it', async (t) => {
  const id = idOf('web-03')
  const path = `/instances/${id}/snapshots/`
  for (const name of ['a', 'b']) await done(stage(), stage().call('POST', path, { name, description: '' }))
  const { page } = await stage().visit(t, { path: pathOf('web-03', '?dialog=deleteSnapshot&of=a') })
  const form = dialog(page, 'Delete snapshot a?')
  await expectText(form, /merged into b/)
  await expectText(form, "merge the snapshot's layers with their only child")
  await press(form, 'Delete')
  await item(page, /^a\b/).waitFor({ state: 'detached' })
  // What others do is seen as well.
  await done(stage(), stage().call('DELETE', `/instances/${id}/snapshots/b`))
  await page.getByRole('heading', { name: 'No snapshots' }).waitFor()
})

test('who may only look sees why nothing can be done; on a phone nothing is cut off', async (t) => {
  const path = pathOf('db-primary', '?snapshot=tuned')
  const { page } = await stage().visit(t, { path, as: 'audrey', viewport: phone })
  const button = page.getByRole('button', { name: 'Restore' })
  await button.waitFor()
  assert.equal(await button.getAttribute('aria-disabled'), 'true')
  await expectText(page, /guest\.write/)
  assert.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0)
  await expectAccessible(page)
})
