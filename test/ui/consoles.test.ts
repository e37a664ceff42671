// The screen and the serial console of a guest in the browser, before a small RFB server and an echoing terminal.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import { choose, dialog, eventually, expectText, fill, press } from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage({ guests: 4, snapshots: false })

const idOf = (name: string): string => stage().guests[name] as string
const screenOf = (page: Page, name: string) => page.getByRole('application', { name: `Screen of ${name}` })
const connected = (page: Page) => page.getByRole('status').getByText('Connected', { exact: true })

/** What noVNC says when its stream is cut. */
const cutWords =
  /console on .*(Failed|Disconnect|WebSocket|Unexpected|Connection closed|Tried changing state)/

/** The colour of a pixel of the picture, as red, green, blue. */
const pixel = (page: Page, x: number, y: number): Promise<number[]> =>
  page.evaluate(
    `[...document.querySelector('canvas').getContext('2d').getImageData(${x}, ${y}, 1, 1).data].slice(0, 3)`,
  )

test('a screen shows the picture, takes keys and is saved as a picture', async (t) => {
  const { page } = await stage().visit(t, { path: `instances/${idOf('web-01')}/console` })
  await connected(page).waitFor()
  await eventually(async () => assert.deepEqual(await pixel(page, 20, 20), [190, 190, 190]))
  const { screen } = stage()
  screen.keys.length = 0
  await screenOf(page, 'web-01').click()
  await page.keyboard.press('x')
  await eventually(() => assert.deepEqual(screen.keys, [0x78]))
  screen.keys.length = 0
  await press(page, 'Ctrl+Alt+Del')
  await eventually(() => assert.deepEqual(screen.keys, [0xffe3, 0xffe9, 0xffff]))
  screen.keys.length = 0
  await press(page, 'Keys')
  await page.getByRole('menuitem', { name: 'Ctrl+Alt+F2' }).click()
  await eventually(() => assert.deepEqual(screen.keys, [0xffe3, 0xffe9, 0xffbf]))
  const download = page.waitForEvent('download')
  await press(page, 'Save a picture of the screen')
  const picture = await readFile(await (await download).path())
  assert.match((await download).suggestedFilename(), /^web-01 .*\.png$/)
  assert.deepEqual([...picture.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
  assert.equal(picture.readUInt32BE(16), 800)
  await expectAccessible(page)
})

test('a text is typed by the layout of the guest', async (t) => {
  const { page } = await stage().visit(t, { path: `instances/${idOf('web-01')}/console` })
  await connected(page).waitFor()
  const { screen } = stage()
  screen.scancodes.length = 0
  await press(page, 'Type text')
  assert.match(page.url(), /dialog=type/)
  const form = dialog(page, 'Type a text')
  await choose(form, 'Keyboard layout', 'German')
  await fill(form, { Text: '你' })
  await expectText(form, 'This keyboard does not have the character 你')
  assert.equal(await form.getByRole('button', { name: 'Type', exact: true }).isDisabled(), true)
  await expectAccessible(page)
  await fill(form, { Text: 'y{' })
  await press(form, 'Type')
  // Z of a US keyboard; AltGr and 7.
  const wanted = [
    [0x2c, true],
    [0x2c, false],
    [0xb8, true],
    [0x08, true],
    [0x08, false],
    [0xb8, false],
  ]
  await eventually(() =>
    assert.deepEqual(
      screen.scancodes.map(({ code, isDown }) => [code, isDown]),
      wanted,
    ),
  )
})

test('view only, size and full screen are in the address', async (t) => {
  const path = `instances/${idOf('web-01')}/console?input=off&size=real`
  const { page } = await stage().visit(t, { path })
  await connected(page).waitFor()
  const { screen } = stage()
  screen.keys.length = 0
  assert.equal(await page.getByRole('button', { name: 'Ctrl+Alt+Del' }).isDisabled(), true)
  const box = await screenOf(page, 'web-01').boundingBox()
  assert.equal(box?.width, 800)
  await screenOf(page, 'web-01').click()
  await page.keyboard.press('x')
  await page.getByText('View only').click()
  await eventually(() => assert.doesNotMatch(page.url(), /input=/))
  await screenOf(page, 'web-01').click()
  await page.keyboard.press('z')
  await eventually(() => assert.deepEqual(screen.keys, [0x7a]))
  await press(page, 'Full screen')
  await eventually(() => assert.match(page.url(), /full=true/))
  await page.getByRole('button', { name: 'Leave full screen' }).click()
  await eventually(() => assert.doesNotMatch(page.url(), /full=/))
})

test('a cut stream comes back by a new channel, also after a restart of the appliance', async (t) => {
  const { page, problems } = await stage().visit(t, { path: `instances/${idOf('web-01')}/console` })
  await connected(page).waitFor()
  problems.expect(cutWords)
  stage().screen.cut()
  await page.getByRole('status').getByText('Broken').waitFor()
  await connected(page).waitFor()
  problems.expect(/failed|ERR_|WebSocket|EventSource/)
  const resume = await stage().interrupt()
  await page.getByRole('heading', { name: 'The connection broke' }).waitFor()
  await resume()
  await connected(page).waitFor({ timeout: 15_000 })
  await eventually(() => assert.equal(stage().screen.viewers(), 1))
})

test('a guest that is off says so, is started here, and leaving ends nothing in it', async (t) => {
  const id = idOf('web-03')
  const { page, problems } = await stage().visit(t, { path: `instances/${id}/console` })
  await page.getByRole('heading', { name: 'web-03 does not run' }).waitFor()
  await expectAccessible(page)
  await press(page.getByRole('region', { name: 'Off' }), 'Start')
  await connected(page).waitFor()
  problems.expect(cutWords)
  stage().world.hypervisor.world.guestPowersOff(id)
  await page.getByRole('heading', { name: 'web-03 does not run' }).waitFor()
  await stage().call('POST', `/instances/${id}`, {})
  await connected(page).waitFor()
  await page.goto('about:blank')
  await eventually(() => assert.equal(stage().screen.viewers(), 0))
  assert.equal(await stage().world.hypervisor.state(id), 'running')
})

test('a window of its own has the screen, or the serial console, and nothing else', async (t) => {
  const { page } = await stage().visit(t, { path: `instances/${idOf('web-01')}/console` })
  await connected(page).waitFor()
  const opened = page.waitForEvent('popup')
  await press(page, 'Open in a window of its own')
  const own = await opened
  await connected(own).waitFor()
  assert.match(own.url(), /\/ui\/console\//)
  assert.equal(await own.getByRole('navigation').count(), 0)
  await expectAccessible(own)
  await own.goto(`/ui/console/${idOf('web-01')}?kind=serial`)
  await own.getByRole('textbox', { name: 'Serial console of web-01' }).waitFor()
})

test('on a phone there are the keys that it lacks', async (t) => {
  const path = `instances/${idOf('web-01')}/console?full=true`
  const { page } = await stage().visit(t, { path, viewport: phone, touch: true })
  await connected(page).waitFor()
  const { screen } = stage()
  screen.keys.length = 0
  const bar = page.getByRole('toolbar', { name: 'Keys for the guest' })
  await bar.getByRole('button', { name: 'Ctrl' }).tap()
  await bar.getByRole('button', { name: 'Arrow left' }).tap()
  await bar.getByRole('button', { name: 'Esc' }).tap()
  await eventually(() => assert.deepEqual(screen.keys, [0xffe3, 0xff51, 0xff1b]))
  screen.keys.length = 0
  await bar.getByRole('button', { name: 'Keyboard of this device' }).tap()
  await page.keyboard.insertText('ls')
  await page.keyboard.press('Enter')
  await eventually(() => assert.deepEqual(screen.keys, [0x6c, 0x73, 0xff0d]))
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  assert.equal(overflow, 0)
  await expectAccessible(page)
})

const rowsOf = (page: Page) => page.locator('.xterm-rows')

test('a serial console prints, takes text, and colours are those of the terminal', async (t) => {
  const { page } = await stage().visit(t, { path: `instances/${idOf('web-02')}/serial` })
  await connected(page).waitFor()
  await eventually(async () => assert.match(await rowsOf(page).innerText(), /login:/))
  await page.getByRole('textbox', { name: 'Serial console of web-02' }).focus()
  await page.keyboard.type('uname -a')
  await eventually(async () => assert.match(await rowsOf(page).innerText(), /login: uname -a/))
  await press(page, 'Paste')
  const form = dialog(page, 'Paste a text')
  await fill(form, { Text: 'echo 你好' })
  await press(form, 'Paste')
  await eventually(async () => assert.match(await rowsOf(page).innerText(), /echo 你好/))
  // The terminal echoes what it is sent: a colour of the palette, one of 24 bits, and bold.
  await page.evaluate(
    `(() => { const data = new DataTransfer(); data.setData('text/plain', '\\x1b[31mred\\x1b[0m \\x1b[38;2;1;200;3mtrue\\x1b[0m');
      document.querySelector('.xterm-helper-textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true })) })()`,
  )
  const colourOf = (text: string): Promise<string> =>
    page.evaluate(
      `getComputedStyle([...document.querySelectorAll('.xterm-rows span')].find((span) => span.textContent === '${text}') ?? document.body).color`,
    )
  // Made lighter, so that it can be read.
  await eventually(async () => {
    const [red = 0, green = 0] = (await colourOf('red')).match(/\d+/g)?.map(Number) ?? []
    assert.ok(red > 1.5 * green, await colourOf('red'))
  })
  assert.equal(await colourOf('true'), 'rgb(1, 200, 3)')
  assert.equal(await page.locator('.xterm style').count(), 0)
  await expectAccessible(page)
})

test('what was printed is searched and saved', async (t) => {
  const { page } = await stage().visit(t, { path: `instances/${idOf('web-02')}/serial` })
  await connected(page).waitFor()
  await eventually(async () => assert.match(await rowsOf(page).innerText(), /login:/))
  await page.getByRole('textbox', { name: 'Serial console of web-02' }).focus()
  await page.keyboard.type('needle hay needle')
  await eventually(async () => assert.match(await rowsOf(page).innerText(), /needle hay needle/))
  await page.keyboard.press('Control+f')
  await page.getByRole('textbox', { name: 'Search what was printed' }).fill('needle')
  await expectText(page, /of 2/)
  await page.keyboard.press('Escape')
  const download = page.waitForEvent('download')
  await press(page, 'Save what was printed')
  const text = await readFile(await (await download).path(), 'utf8')
  assert.match(text, /^simulated console of .*web-02\nlogin: needle hay needle\n$/)
})

test('who comes later has the serial console, and the first may take it back', async (t) => {
  const path = `instances/${idOf('web-02')}/serial`
  const first = await stage().visit(t, { path })
  await connected(first.page).waitFor()
  const second = await stage().visit(t, { path })
  await connected(second.page).waitFor()
  await first.page.getByRole('heading', { name: 'Another viewer has this console' }).waitFor()
  await press(first.page, 'Take it back')
  await connected(first.page).waitFor()
  await second.page.getByRole('heading', { name: 'Another viewer has this console' }).waitFor()
})

test('without the permission it says which one is missing', async (t) => {
  const { page } = await stage().visit(t, { path: `instances/${idOf('web-01')}/console`, as: 'audrey' })
  await expectText(page, /guest\.console/)
})
