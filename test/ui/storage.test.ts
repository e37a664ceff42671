// Storage pools, and the ledger of what lies on them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../src/core/errors.ts'
import { SimulatedVolumes } from '../../src/drivers/simulated/volumes.ts'
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
  rowActions,
  table,
} from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage({ fullPool: true, strayVolumes: true, snapshots: false })

test('pools show how full they are, and what they are', async (t) => {
  const { page } = await stage().visit(t, { path: 'storage' })
  const all = table(page, 'Storage pools')
  await expectRow(all, 'local', { State: 'Answers', Type: 'Directory', Used: /MiB of 1 TiB/ })
  await expectRow(all, 'archive', { State: 'Nearly full', Where: '/srv/archive' })
  assert.deepEqual(await rowActions(page, 'archive'), ['Modify', 'Forget'])
  await expectAccessible(page)
})

test('what the trial of a new pool finds stands below its field; a mended one is made', async (t) => {
  const volumes = new SimulatedVolumes()
  let refusal: AppError | undefined = new AppError('unavailable', 'there is no pool ‘vms’ in the cluster', {
    field: 'target',
  })
  Object.assign(volumes, {
    probe: async () => {
      if (refusal) throw refusal
    },
  })
  stage().volumes.set('fast', volumes)
  const { page, problems } = await stage().visit(t, { path: 'storage' })
  problems.expect(/50\d POST .*storage_pools/)
  problems.expect(/400 POST .*storage_pools/)
  await press(page, 'Create storage pool')
  const form = dialog(page, 'Create storage pool')
  await choose(form, 'Type', 'Ceph')
  assert.match(page.url(), /type=ceph/)
  await fill(form, { Name: 'fast', Monitors: 'mon1,mon2', 'Pool of the cluster': 'vms', User: 'nacelle' })
  await fill(form, { Key: 'AQ==' })
  await press(form, 'Create storage pool')
  const below = (field: string) => form.locator(`#pool-${field}-hint`)
  await expectText(below('key'), /must be a cephx key/i)
  await fill(form, { Key: 'AQBSp2ZmAAAAABAAVYd3dJxDwOPWVqCQM4hGYg==' })
  await press(form, 'Create storage pool')
  await expectText(below('pool'), /no pool ‘vms’ in the cluster/)
  await expectAccessible(page)
  await page.reload()
  assert.equal(await form.getByLabel('Monitors').inputValue(), 'mon1,mon2')
  assert.equal(await form.getByLabel('Key').inputValue(), '')
  refusal = undefined
  await fill(form, { Key: 'AQBSp2ZmAAAAABAAVYd3dJxDwOPWVqCQM4hGYg==' })
  await press(form, 'Create storage pool')
  await expectTitle(page, 'fast')
  await expectText(page, 'mon1:6789,mon2:6789')
})

test('a pool is changed, and forgotten', async (t) => {
  const { page } = await stage().visit(t, { path: 'storage/fast?dialog=modify' })
  const form = dialog(page, 'Modify fast')
  await fill(form, { Monitors: 'mon1,mon2,mon3' })
  await press(form, 'Save')
  await form.waitFor({ state: 'detached' })
  await expectText(page, 'mon1:6789,mon2:6789,mon3:6789')
  await press(page, 'Forget')
  await expectText(dialog(page), /what lies there stays/)
  await press(dialog(page), 'Forget')
  await expectTitle(page, 'Storage pools')
  await expectNoRow(page, 'fast')
})

test('the ledger says whose each volume is, and what is nobody’s can be taken on or away', async (t) => {
  const { page } = await stage().visit(t, { path: 'storage/local?status=unowned' })
  const ledger = table(page, 'Volumes')
  await expectRow(ledger, 'old-wiki.qcow2', { State: 'Unowned' })
  await expectAccessible(page)
  await rowAction(page, 'old-wiki.qcow2', 'Move into quarantine')
  await expectText(page, 'old-wiki.qcow2 is in quarantine')
  await expectText(page, 'Nothing fits')
  await press(page, 'Undo')
  await choose(page, 'Status', /^Any status/)
  await fill(page, { 'Name or owner': 'old-wiki' })
  await expectRow(ledger, 'old-wiki.qcow2', { State: /Unowned|Owned/ })
})

test('a deleted volume comes back, and goes for good only by its name', async (t) => {
  const { page } = await stage().visit(t, { path: 'storage/local?status=quarantined' })
  const ledger = table(page, 'Volumes')
  const name = await ledger
    .getByText(/^disk-/)
    .first()
    .innerText()
  await rowAction(page, name, 'Bring back')
  await expectNoRow(ledger, name)
  await choose(page, 'Status', /^Any status/)
  await fill(page, { 'Name or owner': name })
  await expectRow(ledger, name, { State: /^(Owned|Unowned)$/ })
  await rowAction(page, name, 'Move into quarantine')
  await expectRow(ledger, name, { State: 'In quarantine' })
  await rowAction(page, name, 'Purge')
  const asked = dialog(page, `Purge ${name}`)
  await expectText(asked, 'Nothing brings this back.')
  assert.equal(await asked.getByRole('button', { name: 'Purge' }).isDisabled(), true)
  await asked.getByRole('textbox').fill(name)
  await press(asked, 'Purge')
  await asked.waitFor({ state: 'detached' })
  await expectNoRow(ledger, name)
})

test('a silent pool says so, and who may only read sees why not more', async (t) => {
  const volumes = stage().volumes.get('archive')
  assert.ok(volumes)
  const { usage } = volumes
  volumes.usage = async () => {
    throw new Error('the NFS server nas does not answer since 10:02')
  }
  t.after(() => {
    volumes.usage = usage
  })
  const { page } = await stage().visit(t, { path: 'storage/archive', as: 'audrey' })
  await expectText(page, 'Does not answer')
  await expectText(page, /NFS server nas does not answer/)
  const modify = page.getByRole('button', { name: 'Modify' })
  assert.equal(await modify.getAttribute('aria-disabled'), 'true')
  assert.match((await modify.getAttribute('title')) ?? '', /storage\.write/)
  await expectAccessible(page)
})

test('a phone shows the same without a scroll bar below', async (t) => {
  const { page } = await stage().visit(t, { path: 'storage/local', viewport: phone, touch: true })
  await expectText(page, 'What it can do')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
})
