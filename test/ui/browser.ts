// Debian's Chromium, one process for each test file.
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { administrator, type Person, passwordOf } from './population.ts'
import { collectProblems, type Problems } from './problems.ts'

/** The same browser without its window: starts in a third of the time, and leaves the processors to the pages. */
const withoutWindow = '/usr/bin/chromium-headless-shell'

/** Root needs the first; the others keep a page at its pace while it is not in sight. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
]

export const laptop = { width: 1366, height: 768 }
export const phone = { width: 390, height: 844 }
const waitMs = 15_000

export type Theme = 'light' | 'dark'

export interface VisitOptions {
  /** Whose session the browser has; `null` for none. Default: the administrator's. */
  as?: Person | null
  /** Below `/ui/`, with its query; default: the start page. */
  path?: string
  theme?: Theme
  viewport?: { width: number; height: number }
  /** With a finger instead of a mouse. */
  touch?: boolean
  /** E.g. `zh-CN`; default `en-US`. */
  language?: string
}

export interface Visit {
  page: Page
  context: BrowserContext
  problems: Problems
}

export const launchBrowser = (executablePath = withoutWindow): Promise<Browser> =>
  chromium.launch({ executablePath, args: flags }).catch((error: unknown) => {
    throw new Error(`${executablePath} does not start; ./build.sh test installs Debian's`, {
      cause: error,
    })
  })

/** What a page asks first; without a session it is refused, and the page asks the person. */
const askedWho = /^401 GET \/api\/v1\/sessions\/self/

/** A browser of its own (cookies, storage) on the page of `path`. The caller closes the context. */
export async function openVisit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { as = 'admin', path = '', theme = 'light', viewport = laptop, language = 'en-US' } = options
  const context = await browser.newContext({
    baseURL: url,
    viewport,
    colorScheme: theme,
    locale: language,
    hasTouch: options.touch ?? false,
    isMobile: options.touch ?? false,
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(waitMs)
  const problems = await collectProblems(context)
  if (as === null) problems.expect(askedWho)
  else await logIn(context, as)
  const page = await context.newPage()
  await page.goto(`/ui/${path.replace(/^\/(ui\/)?/, '')}`)
  return { page, context, problems }
}

/** By the API; the cookie stays in the context. */
export async function logIn(context: BrowserContext, person: Person): Promise<void> {
  const user = person === 'admin' ? administrator.user : person
  const answer = await context.request.post('/api/v1/sessions', {
    data: { user, password: passwordOf(person) },
  })
  if (!answer.ok()) throw new Error(`${user} cannot log in: ${answer.status()} ${await answer.text()}`)
}
