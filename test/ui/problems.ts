// What a browser complains of while a test runs; each complaint that the test did not expect fails it.
import type { BrowserContext, Page } from 'playwright-core'

export interface Problems {
  /** All so far, expected ones too. */
  readonly seen: readonly string[]
  /** From now on (and before) such complaints are no failure. */
  expect(pattern: RegExp): void
  /** Throws with every complaint that was not expected. */
  check(): void
}

// Chromium tells of every answer from 400 on the console as well, without saying which; the response says it better.
const saidTwice = /^Failed to load resource: the server responded with a status of/

// Reported by the page itself, since the console's words for it differ between versions.
const reportViolations = `addEventListener('securitypolicyviolation', (event) =>
  console.error('Content-Security-Policy: ' + event.violatedDirective + ' ' + (event.blockedURI || 'inline') + ' ' +
    (event.sourceFile || '') + ':' + event.lineNumber))`

/** Listens to every page of the context. */
export async function collectProblems(context: BrowserContext): Promise<Problems> {
  const seen: string[] = []
  const expected: RegExp[] = []
  await context.addInitScript(reportViolations)
  context.on('page', (page) => listen(page, (text) => seen.push(text)))
  return {
    seen,
    expect: (pattern) => void expected.push(pattern),
    check() {
      const surprises = seen.filter((text) => !expected.some((pattern) => pattern.test(text)))
      if (surprises.length > 0)
        throw new Error(
          `the browser complained of what the test did not expect:\n  ${surprises.join('\n  ')}`,
        )
    },
  }
}

function listen(page: Page, tell: (text: string) => void): void {
  const where = () => new URL(page.url() || 'about:blank').pathname
  page.on('pageerror', (error) => tell(`error on ${where()}: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    const isProblem = message.type() === 'error' || message.type() === 'warning'
    if (isProblem && !saidTwice.test(message.text())) tell(`console on ${where()}: ${message.text()}`)
  })
  page.on('response', (response) => {
    if (response.status() < 400) return
    tell(`${response.status()} ${response.request().method()} ${pathOf(response.url())} on ${where()}`)
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // A page that is left, or a query that is not needed any more, takes its requests back.
    if (reason === 'net::ERR_ABORTED') return
    tell(`failed ${request.method()} ${pathOf(request.url())} on ${where()}: ${reason}`)
  })
}

const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url)
  return pathname + search
}
