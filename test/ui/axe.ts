// Accessibility of a page by axe-core: nothing serious or critical, in both themes.
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import type { Theme } from './browser.ts'

interface Violation {
  id: string
  impact: string | null
  help: string
  helpUrl: string
  nodes: { target: unknown[]; html: string; failureSummary?: string }[]
}

// A colour on its way from one theme to the other is none of either.
const transitionsEnd = `(async () => {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  const under = document.getAnimations().filter((animation) => animation instanceof CSSTransition)
  await Promise.allSettled(under.map(({ finished }) => finished))
})()`

const grave = new Set<string | null>(['serious', 'critical'])

export interface AxeOptions {
  themes?: readonly Theme[]
  /** CSS of what is looked at; default: the whole page. */
  within?: string
}

/**
 * Throws with target, help and reason of each serious or critical violation. The theme is changed as the system's, so a test
 * that has chosen one by hand gives that one alone.
 */
export async function expectAccessible(page: Page, options: AxeOptions = {}): Promise<void> {
  const { themes = ['light', 'dark'], within } = options
  const found: string[] = []
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme })
    await page.evaluate(transitionsEnd)
    const violations = await violationsOf(page, within)
    found.push(...violations.filter(({ impact }) => grave.has(impact)).map((one) => inWords(one, theme)))
  }
  const { pathname, search } = new URL(page.url())
  if (found.length > 0)
    throw new Error(`${found.length} violations on ${pathname}${search}\n${found.join('\n')}`)
}

/** An evaluated script is not held to the page's Content-Security-Policy. */
async function violationsOf(page: Page, within: string | undefined): Promise<Violation[]> {
  await page.evaluate(`globalThis.axe === undefined && (() => { ${axe.source} })()`)
  const scope = within === undefined ? 'document' : JSON.stringify({ include: [within] })
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const options = JSON.stringify({ resultTypes: ['violations'], runOnly: { type: 'tag', values: tags } })
  return page.evaluate<Violation[]>(`axe.run(${scope}, ${options}).then((result) => result.violations)`)
}

function inWords({ id, impact, help, helpUrl, nodes }: Violation, theme: Theme): string {
  const targets = nodes.slice(0, 5).map(({ target, html, failureSummary = '' }) => {
    const reason = failureSummary.replace(/\s+/g, ' ').slice(0, 240)
    return `    ${target.join(' ')}\n      ${html.slice(0, 200)}\n      ${reason}`
  })
  const more = nodes.length > 5 ? `\n    and ${nodes.length - 5} more` : ''
  return `  ${theme}, ${impact}: ${id}: ${help}\n    ${helpUrl}\n${targets.join('\n')}${more}`
}
