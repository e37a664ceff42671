// Makes the pictures of the documentation from a pretended data centre: `node docs/screenshots.ts [name…]`, as root. Each
// picture is made in light and dark on a laptop and in light on a phone.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { laptop, launchBrowser, openVisit, phone, type VisitOptions } from '../test/ui/browser.ts'
import { press } from '../test/ui/by-role.ts'
import { drawConsole } from '../test/ui/console-picture.ts'
import { giveHistory } from '../test/ui/figure-history.ts'
import { openStage, type Stage } from '../test/ui/stage.ts'

interface Picture {
  name: string
  path(stage: Stage): string
  /** Brings the page to what the picture shows. */
  prepare?(page: Page, stage: Stage): Promise<void>
}

const ofGuest = (name: string, tab: string) => (stage: Stage) => `instances/${stage.guests[name]}/${tab}`

const pictures: readonly Picture[] = [
  { name: 'dashboard', path: () => 'dashboard' },
  { name: 'instances', path: () => 'instances' },
  { name: 'instance', path: ofGuest('db-primary', 'overview') },
  { name: 'console', path: ofGuest('web-01', 'console'), prepare: untilScreenShows },
  { name: 'snapshots', path: ofGuest('db-primary', 'snapshots') },
  { name: 'create', path: () => 'instances/new', prepare: untilPlan },
  { name: 'storage', path: () => 'storage/local' },
  { name: 'network', path: () => 'network/pools/default' },
  { name: 'tasks', path: () => 'tasks' },
]

const variants: readonly (VisitOptions & { suffix: string })[] = [
  { suffix: 'light', theme: 'light', viewport: laptop },
  { suffix: 'dark', theme: 'dark', viewport: laptop },
  { suffix: 'phone', theme: 'light', viewport: phone, touch: true },
]

/** Charts and live figures come a moment after the page. */
const settleMs = 2_500

const login = [
  'Debian GNU/Linux 12 web-01 tty1',
  '',
  'web-01 login: ops',
  'Password:',
  'Linux web-01 6.1.0-31-cloud-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.128-1 x86_64',
  'Last login: Mon Nov 23 08:14:02 UTC 2026 on tty1',
  'ops@web-01:~$ systemctl status nginx --no-pager --lines=0',
  '* nginx.service - A high performance web server and a reverse proxy server',
  '     Loaded: loaded (/lib/systemd/system/nginx.service; enabled; preset: enabled)',
  '     Active: active (running) since Mon 2026-11-23 08:13:51 UTC; 1 day 2h ago',
  '   Main PID: 512 (nginx)',
  '      Tasks: 3 (limit: 2296)',
  '     Memory: 7.4M',
  'ops@web-01:~$ ',
]

async function untilScreenShows(page: Page, { screen }: Stage): Promise<void> {
  for (let waited = 0; screen.viewers() === 0 && waited < 50; waited++) await page.waitForTimeout(100)
}

/** Through the wizard with what it proposes, to the plan. */
async function untilPlan(page: Page, { images }: Stage): Promise<void> {
  const { pathname } = new URL(page.url())
  await page.goto(`${pathname}?image=${images['debian-12']}&pool=default&group=platform`)
  await press(page, 'Next')
  await page.getByRole('textbox', { name: 'Name' }).fill('web-04')
  const create = page.getByRole('button', { name: 'Create', exact: true })
  while (!(await create.isVisible())) await press(page, 'Next')
  await create.waitFor()
}

const wanted = process.argv.slice(2)
const folder = fileURLToPath(new URL('./screenshots/', import.meta.url))
const stage = await openStage({ stuckTask: true, fullPool: true, strayVolumes: true, upload: true })
const browser = await launchBrowser()
const stopLooking = await giveHistory(stage)
const failures: string[] = []
try {
  await mkdir(folder, { recursive: true })
  stage.screen.show(await drawConsole(browser, login))
  const chosen = pictures.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  for (const variant of variants) await takeAll(chosen, variant)
} finally {
  stopLooking()
  await browser.close()
  await stage.end()
}
for (const failure of failures) console.error(failure)
process.exitCode = failures.length > 0 ? 1 : 0

async function takeAll(
  chosen: readonly Picture[],
  { suffix, ...options }: (typeof variants)[number],
): Promise<void> {
  const { page, context } = await openVisit(browser, stage.url, options)
  for (const { name, path, prepare } of chosen) {
    const file = `${name}-${suffix}.png`
    try {
      await page.goto(`/ui/${path(stage)}`)
      await prepare?.(page, stage)
      await page.waitForTimeout(settleMs)
      await page.screenshot({ path: folder + file, animations: 'disabled', caret: 'hide' })
      console.log(`docs/screenshots/${file}`)
    } catch (error) {
      failures.push(
        `docs/screenshots/${file} was not made: ${error instanceof Error ? error.message : error}`,
      )
    }
  }
  await context.close()
}
