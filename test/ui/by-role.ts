// What is on a page, by role and name, as people and screen readers find it.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Locator, Page } from 'playwright-core'

const waitMs = 15_000

/** Repeats `check` until it does not throw; throws its last error after `timeoutMs`. */
export async function eventually<T>(check: () => Promise<T> | T, timeoutMs = waitMs): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(50)
    }
  }
}

/** The table of that name; the only one where no name is given. */
export const table = (page: Page, name?: string | RegExp): Locator =>
  name === undefined
    ? page.getByRole('table').or(page.getByRole('grid'))
    : page.getByRole('table', { name }).or(page.getByRole('grid', { name }))

/** The row that has exactly this text somewhere, e.g. a name; a guest's may be written with its group, `platform.web-01`. */
export function row(within: Page | Locator, text: string): Locator {
  const exact = new RegExp(`^\\s*(?:[\\w-]+\\.)?${escaped(text)}\\s*$`)
  const inside = isPage(within) ? within.getByText(exact) : within.page().getByText(exact)
  return within.getByRole('row').filter({ has: inside })
}

/**
 * Waits until the row of `text` shows each of `cells`: keys are column headings, values what the cell contains. PatternFly
 * writes the heading of a column into `data-label` of its cells.
 */
export async function expectRow(
  within: Page | Locator,
  text: string,
  cells: Record<string, string | RegExp> = {},
): Promise<Locator> {
  const found = row(within, text)
  await found.first().waitFor({ timeout: waitMs })
  for (const [column, wanted] of Object.entries(cells))
    await eventually(async () => {
      const cell = found.first().locator(`[data-label="${column}"]`)
      assert.ok((await cell.count()) > 0, `the row of '${text}' has no column '${column}'`)
      const shown = (await cell.first().innerText()).trim()
      const isThere = typeof wanted === 'string' ? shown.includes(wanted) : wanted.test(shown)
      assert.ok(isThere, `${column} of '${text}' is '${shown}', not '${wanted}'`)
    })
  return found.first()
}

/** Waits until no row of `text` is there. */
export async function expectNoRow(within: Page | Locator, text: string): Promise<void> {
  await row(within, text).first().waitFor({ state: 'detached', timeout: waitMs })
}

/** Opens the menu of the row (its button with a popup) and chooses the action. */
export async function rowAction(page: Page, text: string, action: string | RegExp): Promise<void> {
  await openRowMenu(page, text)
  await page.getByRole('menuitem', { name: action }).click()
}

/** The names of the row's actions, in their order; the menu is closed again. */
export async function rowActions(page: Page, text: string): Promise<string[]> {
  await openRowMenu(page, text)
  await page.getByRole('menuitem').first().waitFor()
  const names = await page.getByRole('menuitem').allInnerTexts()
  await page.keyboard.press('Escape')
  return names.map((name) => name.split('\n')[0]?.trim() ?? '')
}

async function openRowMenu(page: Page, text: string): Promise<void> {
  const found = row(page, text).first()
  await found.waitFor({ timeout: waitMs })
  await found.getByRole('button', { expanded: false }).last().click()
}

/** The open dialog of that title. */
export const dialog = (page: Page, title?: string | RegExp): Locator =>
  title === undefined ? page.getByRole('dialog') : page.getByRole('dialog', { name: title })

/** Fills fields of a form by their labels: text is typed, true and false tick and untick. */
export async function fill(within: Page | Locator, fields: Record<string, string | boolean>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) {
    const field = within.getByLabel(new RegExp(`^${escaped(label)}`)).first()
    if (typeof value === 'boolean') await field.setChecked(value)
    else await field.fill(value)
  }
}

/** Chooses in a native or a PatternFly select, by the label of the field and the text of the option. */
export async function choose(within: Page | Locator, label: string, option: string | RegExp): Promise<void> {
  const page = isPage(within) ? within : within.page()
  const field = within.getByLabel(new RegExp(`^${escaped(label)}`)).first()
  if ((await field.evaluate((node) => node.tagName)) === 'SELECT') {
    const texts = await field.getByRole('option').allInnerTexts()
    const wanted = texts.find((text) => (typeof option === 'string' ? text === option : option.test(text)))
    await field.selectOption({ label: wanted ?? String(option) })
    return
  }
  await field.click()
  await page.getByRole('option', { name: option }).first().click()
}

/** Presses the button of that name. */
export const press = (within: Page | Locator, name: string | RegExp): Promise<void> =>
  within.getByRole('button', { name, exact: typeof name === 'string' }).click()

/** Waits until the text is in sight. */
export const expectText = (within: Page | Locator, text: string | RegExp): Promise<void> =>
  within.getByText(text).first().waitFor({ timeout: waitMs })

/** Waits until the first heading of the page says it. */
export const expectTitle = (page: Page, title: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name: title }).waitFor({ timeout: waitMs })

const isPage = (within: Page | Locator): within is Page => 'goto' in within

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
