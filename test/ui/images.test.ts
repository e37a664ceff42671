// Images: uploads that survive a broken connection and a new page, lists with filters, and who needs an image.
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import {
  dialog,
  eventually,
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

const stage = setStage({ upload: true, guests: 3 })

const mebibyte = 2 ** 20

interface TestFile {
  path: string
  content: Buffer
}

const directory = await mkdtemp(join(tmpdir(), 'nacelle-images-'))
after(() => rm(directory, { recursive: true }))

/** A file on disk, as the browser has it; each in a folder of its own. */
async function fileOf(name: string, content: Buffer): Promise<TestFile> {
  const path = join(await mkdtemp(join(directory, 'f-')), name)
  await writeFile(path, content)
  return { path, content }
}

const sha256 = ({ content }: TestFile) => createHash('sha256').update(content).digest('hex')

/** So slow that something can happen meanwhile. */
async function slowDown(context: BrowserContext, page: Page, bytesPerSecond: number): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  })
}

const tray = (page: Page) => page.getByRole('region', { name: 'Uploads' })

async function begin(page: Page, files: TestFile[]): Promise<void> {
  await page.getByRole('button', { name: 'Upload', exact: true }).first().click()
  const asked = page.waitForEvent('filechooser')
  await press(dialog(page), 'Choose files')
  await (await asked).setFiles(files.map(({ path }) => path))
  await dialog(page).getByRole('button', { name: 'Upload', exact: true }).click()
  await dialog(page).waitFor({ state: 'detached' })
}

/** Until so much of the upload has been sent. */
const sentPercent = (page: Page, name: string, least: number) =>
  eventually(async () => {
    const bar = tray(page).getByRole('progressbar', { name: `Upload of ${name}` })
    const percent = Number(await bar.getAttribute('aria-valuenow'))
    assert.ok(percent >= least && percent < 100, `${percent} %`)
  })

const imageCalled = async (name: string) => {
  const { data } = await stage().call('GET', '/disk_images/')
  return (data as { name: string; sha256: string; size: number; upload?: string }[]).find(
    (image) => image.name === name,
  )
}

test('an upload goes on after its connection was cut, and its checksum is compared', async (t) => {
  const { page, context, problems } = await stage().visit(t, { path: 'images/disk' })
  problems.expect(/PATCH|uploads|events|ERR_|Failed to load|disk_images|tasks/)
  await expectTitle(page, 'Disk images')
  await slowDown(context, page, 3 * mebibyte)
  const file = await fileOf('Alpine 3.22.raw', randomBytes(8 * mebibyte))
  await begin(page, [file])
  await sentPercent(page, 'Alpine-3.22', 20)
  // It follows the reader to other pages.
  await page.getByRole('link', { name: 'Media images' }).click()
  await expectTitle(page, 'Media images')
  const listenAgain = await stage().interrupt()
  await expectText(tray(page), /The connection broke/)
  await listenAgain()
  await expectText(tray(page), /Arrived whole/)
  const image = await imageCalled('Alpine-3.22')
  assert.deepEqual([image?.sha256, image?.size], [sha256(file), file.content.length])
  await expectAccessible(page)
  await tray(page).getByRole('link', { name: 'Alpine-3.22' }).click()
  await expectTitle(page, 'Alpine-3.22')
  await expectText(page, sha256(file))
  await press(tray(page), 'Clear what is done')
  await tray(page).waitFor({ state: 'detached' })
})

test('an upload goes on after the page was loaded anew, with the same file only', async (t) => {
  const { page, context, problems } = await stage().visit(t, { path: 'images/disk' })
  problems.expect(/PATCH|ERR_ABORTED|events/)
  await slowDown(context, page, 2 * mebibyte)
  const file = await fileOf('gentoo.raw', randomBytes(6 * mebibyte))
  await begin(page, [file])
  await sentPercent(page, 'gentoo', 20)
  await page.reload()
  await expectText(tray(page), /Choose the file again/)
  const choose = async (chosen: TestFile) => {
    const asked = page.waitForEvent('filechooser')
    await press(tray(page), /^Choose .* again$/)
    await (await asked).setFiles(chosen.path)
  }
  await choose(await fileOf('gentoo.raw', randomBytes(file.content.length)))
  await expectText(tray(page), /it begins otherwise/)
  await choose(await fileOf('gentoo.raw', file.content.subarray(1)))
  await expectText(tray(page), /its size is not that/)
  await choose(file)
  await expectText(tray(page), /Arrived whole/)
  assert.equal((await imageCalled('gentoo'))?.sha256, sha256(file))
})

test('several uploads at once, one of them paused and another cancelled', async (t) => {
  const { page, context, problems } = await stage().visit(t, { path: 'images/disk' })
  problems.expect(/PATCH|ERR_ABORTED|uploads/)
  await slowDown(context, page, mebibyte)
  const files = [
    await fileOf('one.img', randomBytes(3 * mebibyte)),
    await fileOf('two.img', randomBytes(3 * mebibyte)),
  ]
  await begin(page, files)
  await sentPercent(page, 'one', 1)
  await press(page, 'Pause the upload of one')
  await expectText(tray(page), /Paused/)
  await press(page, 'Cancel the upload of two')
  await press(dialog(page, 'Cancel the upload of two'), 'Cancel the upload')
  await expectNoRow(table(page), 'two')
  assert.equal(await imageCalled('two'), undefined)
  await press(page, 'Go on with the upload of one')
  await expectText(tray(page), /Arrived whole/)
})

test('a name that is taken is told below its field, and no image is left of it', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'images/disk?dialog=upload' })
  problems.expect(/409 POST/)
  const asked = page.waitForEvent('filechooser')
  await press(dialog(page), 'Choose files')
  await (await asked).setFiles((await fileOf('debian-12.qcow2', randomBytes(1000))).path)
  await dialog(page).getByRole('button', { name: 'Upload', exact: true }).click()
  await expectText(dialog(page), /debian-12/)
  await expectText(dialog(page), /already|taken|exists/)
  await expectAccessible(page, { within: '[role=dialog]' })
  await fill(dialog(page), { 'Image name': 'debian-12-copy' })
  await dialog(page).getByRole('button', { name: 'Upload', exact: true }).click()
  await expectText(tray(page), /Arrived whole/)
})

test('an upload that another browser began is gone on with from its image', async (t) => {
  const { page } = await stage().visit(t, { path: 'images/disk' })
  await expectRow(table(page), 'fedora-41', { State: 'Upload open' })
  await rowAction(page, 'fedora-41', 'Upload content')
  await expectText(dialog(page), /Choose the same file/)
  const asked = page.waitForEvent('filechooser')
  await press(dialog(page), 'Choose a file')
  // The stage has sent the first 300 KiB of 2 MiB.
  const head = Buffer.alloc(2 * mebibyte)
  Buffer.from('QFI\xfb', 'latin1').copy(head)
  head.writeBigUInt64BE(BigInt(2 ** 30), 24)
  await (await asked).setFiles((await fileOf('fedora.qcow2', head)).path)
  await press(dialog(page), 'Go on')
  await expectText(tray(page), /Arrived whole/)
  await expectRow(table(page), 'fedora-41', { State: 'Ready', Format: 'qcow2' })
})

test('the list is filtered by words, tags and people, in its address', async (t) => {
  const { page } = await stage().visit(t, { path: 'images/disk?tag=lts' })
  await expectRow(table(page), 'ubuntu-24.04', { Tags: 'lts', Format: 'qcow2' })
  await expectNoRow(table(page), 'debian-12')
  await press(page, /Remove the filter Tag: lts/)
  await expectRow(table(page), 'debian-12')
  await page.getByLabel('Search by name').fill('no such image')
  await press(page, 'Clear all filters')
  await expectRow(table(page), 'ubuntu-24.04')
  await page.getByLabel('Tag', { exact: true }).selectOption('stable')
  await eventually(() => assert.match(page.url(), /tag=stable/))
  await expectNoRow(table(page), 'ubuntu-24.04')
  await expectAccessible(page)
})

test('an image is edited, and deleted unless guests need it', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'images/disk' })
  problems.expect(/409 DELETE/)
  await rowAction(page, 'ubuntu-24.04', 'Edit')
  await fill(dialog(page), { Name: 'ubuntu-24.04.1', Tags: 'noble,' })
  await press(dialog(page), 'Save')
  await expectRow(table(page), 'ubuntu-24.04.1', { Tags: 'noble' })
  await page.getByRole('link', { name: 'debian-12', exact: true }).click()
  await expectTitle(page, 'debian-12')
  await expectText(page, 'platform.web-01')
  await expectAccessible(page)
  await press(page, 'Delete')
  await expectText(dialog(page), /in use by/)
  assert.equal(await dialog(page).getByRole('button', { name: 'Delete' }).isDisabled(), true)
  await page.keyboard.press('Escape')
  await page.goto('/ui/images/disk')
  await rowAction(page, 'ubuntu-24.04.1', 'Delete')
  await expectText(dialog(page), /quarantine/)
  await press(dialog(page), 'Delete')
  await expectNoRow(table(page), 'ubuntu-24.04.1')
})

test('an image is built from a guest', async (t) => {
  const { page } = await stage().visit(t, { path: 'images/disk' })
  await press(page, 'Build from guest')
  await fill(dialog(page), { Guest: 'platform.web-03', 'Name of the image': 'web-golden' })
  await press(dialog(page), 'Build')
  await expectRow(table(page), 'web-golden', { State: 'Ready' })
})

test('what may only be read says which permission is missing', async (t) => {
  const { page } = await stage().visit(t, { path: 'images/media', as: 'audrey', viewport: phone })
  await expectRow(table(page), 'virtio-win')
  const upload = page.getByRole('button', { name: 'Upload', exact: true })
  assert.equal(await upload.getAttribute('aria-disabled'), 'true')
  await upload.hover()
  await expectText(page, /image\.write/)
  await expectAccessible(page)
})
