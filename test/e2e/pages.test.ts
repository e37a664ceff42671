// The pages in Chromium, served by the packaged binary on real libvirt: what an operator does on the first day.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { buildTinyGuest } from '../lab/tiny-guest.ts'
import { launchBrowser, openVisit, type Visit } from '../ui/browser.ts'
import { dialog, eventually, expectText, expectTitle, fill, press } from '../ui/by-role.ts'
import { type Appliance, admin, startBoth } from './harness.ts'
import * as life from './life.ts'

const patienceMs = 60_000
const screenText = `(() => {
  const canvas = document.querySelector('canvas')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let lit = 0
  for (let index = 0; index < data.length; index += 4) if (data[index] > 60) lit++
  return lit
})()`

describe('the pages of the binary, from the first start to an empty host', { timeout: 600_000 }, () => {
  let appliance: Appliance
  let browser: Browser
  let visit: Visit
  let page: Page
  let stop: () => Promise<void>
  const idHere = () => new URL(page.url()).pathname.split('/')[3] ?? ''

  before(async () => {
    ;({ appliance, stop } = await startBoth({ unclaimed: true }))
    browser = await launchBrowser('/usr/bin/chromium')
    visit = await openVisit(browser, appliance.url, { as: null })
    page = visit.page
    page.setDefaultTimeout(patienceMs)
  })
  after(async () => {
    await visit?.context.close()
    await browser?.close()
    await stop?.()
  })

  // Each step stands on those before it.
  let failed: string | undefined
  const step = (name: string, body: () => Promise<void> | void) =>
    it(name, async () => {
      if (failed !== undefined) throw new Error(`not tried: “${failed}” has failed`)
      failed = name
      await body()
      failed = undefined
    })

  step('the first administrator is made with the one-time code', async () => {
    const code = /one-time code (\S+):/.exec(appliance.logs)?.[1]
    assert.ok(code, appliance.logs)
    await fill(page, { 'One-time code': code, 'User name': admin.user })
    await fill(page, { Password: admin.password, 'Password again': admin.password })
    await press(page, 'Make the administrator')
    await page.getByRole('button', { name: `User menu of ${admin.user}` }).waitFor()
    await appliance.signIn()
  })

  step('an image is uploaded', async () => {
    await page.goto('/ui/images/disk')
    await page.getByRole('button', { name: 'Upload', exact: true }).first().click()
    const asked = page.waitForEvent('filechooser')
    await press(dialog(page), 'Choose files')
    await (await asked).setFiles(await buildTinyGuest({ serial: 'login' }))
    await dialog(page).getByRole('button', { name: 'Upload', exact: true }).click()
    await eventually(async () => {
      const [image] = await appliance.api<{ created: boolean }[]>('GET', '/disk_images')
      assert.equal(image?.created, true)
    }, patienceMs)
  })

  step('the wizard makes a guest from it, by the plan that it has shown', async () => {
    const [image] = await appliance.api<{ id: string }[]>('GET', '/disk_images')
    await page.goto(`/ui/instances/new?image=${image?.id}&pool=default&step=identity`)
    await page.getByRole('textbox', { name: 'Name' }).fill('first')
    await press(page, 'Next')
    await fill(page, { Memory: '0.25' })
    await page.getByRole('button', { name: 'Review' }).click()
    await expectText(page, /record guest 'first'/)
    await press(page, 'Create')
    await expectTitle(page, 'manager.first is there')
    await page.getByRole('link', { name: 'Open the instance' }).first().click()
    await page.waitForURL(/\/instances\/[^/]+\/overview/)
  })

  step('it starts, its screen is shown, and a typed key arrives', async () => {
    await press(page, 'Start')
    await life.booted(appliance, idHere())
    await page.goto(`/ui/instances/${idHere()}/console`)
    await page.getByRole('status').getByText('Connected', { exact: true }).waitFor()
    await eventually(async () => assert.ok(Number(await page.evaluate(screenText)) > 100), patienceMs)
    const before = Number(await page.evaluate(screenText))
    await page.getByRole('application', { name: /Screen of/ }).click()
    await page.keyboard.type('echo typed-by-a-person')
    await page.keyboard.press('Enter')
    await eventually(async () => assert.ok(Number(await page.evaluate(screenText)) > before + 50), patienceMs)
  })

  step('the serial console answers', async () => {
    await page.goto(`/ui/instances/${idHere()}/serial`)
    await page.getByRole('status').getByText('Connected', { exact: true }).waitFor()
    await eventually(async () => {
      await page.locator('.xterm-helper-textarea').focus()
      await page.keyboard.press('Enter')
      await page.locator('.xterm-rows').getByText('login:').first().waitFor({ timeout: 2000 })
    }, patienceMs)
  })

  step('a snapshot is taken, drawn, and restored', async () => {
    const agent = await life.booted(appliance, idHere())
    await agent.sh('echo old >/data/note; sync')
    await page.goto(`/ui/instances/${idHere()}/snapshots`)
    await page.getByRole('button', { name: 'Take a snapshot' }).first().click()
    await fill(dialog(page), { Name: 'before-work' })
    await press(dialog(page), 'Take')
    await page.getByRole('treeitem', { name: /before-work/ }).waitFor()
    await agent.sh('echo new >/data/note; sync')
    await page.getByRole('treeitem', { name: /before-work/ }).click()
    await press(page, 'Restore')
    await press(dialog(page), 'Restore')
    await eventually(async () => {
      const { total } = await appliance.api<{ total: number }>('GET', '/tasks?live=true')
      assert.equal(total, 0)
      assert.equal((await life.instance(appliance, idHere())).state, 'stopped')
    }, patienceMs)
    await appliance.api('POST', `/instances/${idHere()}`, {})
    const again = await life.booted(appliance, idHere())
    assert.equal((await again.sh('cat /data/note')).trim(), 'old')
  })

  step('it is stopped and deleted, and the page says what was lost', async () => {
    const id = idHere()
    await page.goto(`/ui/instances/${id}/overview`)
    await press(page, /^Shut down/)
    await press(dialog(page), /^Shut down/)
    await life.untilState(appliance, id, 'stopped')
    await page.goto(`/ui/instances/${id}/settings`)
    await press(page, 'Delete this guest…')
    await expectText(dialog(page), 'With it go:')
    await press(dialog(page), 'Delete')
    visit.problems.expect(/^404 GET/)
    await eventually(async () => {
      assert.equal((await appliance.call('GET', `/guests/${id}`)).status, 404)
    }, patienceMs)
  })

  step('nothing was refused, broken or blocked meanwhile', () => {
    // This test reads the picture back.
    visit.problems.expect(/willReadFrequently/)
    visit.problems.check()
  })
})
