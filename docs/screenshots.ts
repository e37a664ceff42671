// Makes the pictures of the documentation from a running appliance: `node docs/screenshots.ts`, as root.
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { startBoth } from '../test/e2e/harness.ts'

const target = fileURLToPath(new URL('./screenshot.png', import.meta.url))

const { appliance, stop } = await startBoth()
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
try {
  const page = await browser.newPage({ viewport: { width: 880, height: 640 }, colorScheme: 'light' })
  await page.goto(`${appliance.url}/ui/`)
  await page.getByText('ready', { exact: true }).waitFor()
  await page.screenshot({ path: target })
} finally {
  await browser.close()
  await stop()
}
