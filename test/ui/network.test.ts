// Address pools with the map of their addresses, and the network of a guest.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectAccessible } from './axe.ts'
import { phone } from './browser.ts'
import {
  choose,
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

const stage = setStage({ guests: 2, snapshots: false })

async function addressOf(guest: string): Promise<string> {
  const { data } = await stage().call('GET', `/guests/${stage().guests[guest]}`)
  return (data as { internal: { allocated_address: string } }).internal.allocated_address.split('/')[0] ?? ''
}

test('a pool is made, gets ranges, and loses them', async (t) => {
  const { page, problems } = await stage().visit(t, { path: 'network/pools' })
  problems.expect(/40[09] (POST|DELETE)/)
  await expectRow(table(page), 'default', { 'In use': '2 of', 'Addresses come by': 'DHCP' })
  await expectAccessible(page)
  await press(page, 'Create address pool')
  await fill(dialog(page), { Name: 'lab', Gateway: '10.7.0', 'Name servers': '9.9.9.9, 1.1.1.1' })
  await press(dialog(page), 'Create')
  await expectText(dialog(page), /gateway must be an IPv4 address/)
  await fill(dialog(page), { Gateway: '10.7.0.1' })
  await choose(dialog(page), 'Addresses come by', 'cloud-init')
  await press(dialog(page), 'Create')
  await expectRow(table(page), 'lab', { 'Name servers': '9.9.9.9, 1.1.1.1', 'In use': '0 of 0' })
  await page.getByRole('link', { name: 'lab', exact: true }).click()
  await expectTitle(page, 'lab')
  await press(page, 'Add internal range')
  await fill(dialog(page), {
    'First address': '10.7.0.10',
    'Last address': '10.8.0.9',
    Netmask: '255.255.0.0',
  })
  await press(dialog(page), 'Add')
  await expectText(dialog(page), /must lie in the subnet of the gateway/)
  await fill(dialog(page), { 'Last address': '10.7.20.9' })
  await press(dialog(page), 'Add')

  // A large range is summed up in parts; one of them is shown address by address.
  const part = page.getByRole('button', { name: /^10\.7\.3\.0 – 10\.7\.3\.255: 0 of 256 in use/ })
  await part.click()
  await eventually(() => assert.match(page.url(), /block=/))
  await page.getByRole('img', { name: '10.7.3.200: free' }).hover()
  await expectText(page, '10.7.3.200: free')
  await expectAccessible(page)
  await press(page, /^Remove the range 10\.7\.0\.10/)
  await press(dialog(page), 'Remove')
  await expectText(page, 'No internal ranges yet')
  await page.goto('/ui/network/pools')
  await rowAction(page, 'default', 'Delete')
  await expectText(dialog(page), /pool|guest/)
  await eventually(async () =>
    assert.equal(await dialog(page).getByRole('button', { name: 'Delete' }).isDisabled(), true),
  )
  await page.keyboard.press('Escape')
  await rowAction(page, 'lab', 'Delete')
  await press(dialog(page), 'Delete')
  await expectNoRow(table(page), 'lab')
})

test('the map is walked by the keyboard and leads to the guest that has an address', async (t) => {
  const address = await addressOf('web-01')
  const { page } = await stage().visit(t, { path: 'network/pools/default', viewport: phone })
  const held = page.getByRole('link', { name: `${address}: platform.web-01` })
  await held.waitFor()
  await expectAccessible(page)
  const first = page.getByRole('list', { name: /^Addresses of/ }).locator('[tabindex="0"]')
  await first.focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Home')
  const start = (await first.getAttribute('aria-label'))?.split(':')[0] ?? ''
  const steps = Number(address.split('.')[3]) - Number(start.split('.')[3])
  for (let step = 0; step < steps; step++) await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await expectTitle(page, 'web-01')
  await expectText(page, address)
})

test('a guest shows its addresses to copy, its card and its forwarded ports', async (t) => {
  const { page } = await stage().visit(t, { path: `instances/${stage().guests['web-01']}/network` })
  const address = await addressOf('web-01')
  await page.getByRole('button', { name: `Copy: ${address}` }).waitFor()
  await expectText(page, /^52:54:00/)
  await expectText(page, 'Behind NAT, ports forwarded')
  await expectRow(table(page, 'Forwarded ports'), '80', { 'Reached at': /:\d+/ })
  await expectText(page, /since its start/)
  await expectAccessible(page)
})
