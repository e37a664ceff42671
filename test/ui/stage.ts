// An appliance with people, guests and a browser before it; see README.md.
import { after, before, type TestContext } from 'node:test'
import type { Browser } from 'playwright-core'
import type { Call } from '../support/appliance.ts'
import { openUiAppliance, type UiAppliance } from './appliance.ts'
import { launchBrowser, openVisit, type Visit, type VisitOptions } from './browser.ts'
import { administrator, type Population, type PopulationOptions, populate } from './population.ts'

export interface StageOptions extends PopulationOptions {
  /** Nobody and nothing is there, as at the first start. */
  fresh?: boolean
  /** What more is made before the first test; hooks of the file itself would not wait for the stage. */
  prepare?(stage: Stage): Promise<void>
}

export interface Stage extends UiAppliance, Population {
  /** The API as the administrator; see test/support/appliance.ts. */
  call: Call
  /**
   * A browser of its own on a page. At the end of the test it is closed, and the test fails where the browser had complained
   * of what `problems.expect` does not name.
   */
  visit(t: TestContext, options?: VisitOptions): Promise<Visit>
}

/** Opens a stage for the tests of this file, and closes it after them; call it at the top. */
export function setStage(options: StageOptions = {}): () => Stage {
  let stage: (Stage & { end(): Promise<void> }) | undefined
  before(
    async () => {
      stage = await openStage(options)
    },
    { timeout: 240_000 },
  )
  after(() => stage?.end())
  return () => {
    if (stage === undefined) throw new Error('the stage is opened before the first test, not earlier')
    return stage
  }
}

/** For programs that are no tests; the caller ends it. */
export async function openStage(options: StageOptions = {}): Promise<Stage & { end(): Promise<void> }> {
  const appliance = await openUiAppliance()
  let browser: Browser | undefined
  const end = async () => {
    await browser?.close()
    await appliance.close()
  }
  try {
    const call = options.fresh ? appliance.world.as(null) : await administratorOf(appliance)
    const population = options.fresh ? { guests: {}, images: {} } : await populate(appliance, call, options)
    browser = await launchBrowser()
    const stage = { ...appliance, ...population, call, visit: visitor(browser, appliance.url), end }
    await options.prepare?.(stage)
    return stage
  } catch (error) {
    await end()
    throw error
  }
}

const visitor =
  (browser: Browser, url: string): Stage['visit'] =>
  async (t, options) => {
    const visit = await openVisit(browser, url, options)
    t.after(async () => {
      await visit.context.close()
      visit.problems.check()
    })
    return visit
  }

/** The first administrator is made with the one-time code, and logs in. */
async function administratorOf({ world, setUpCode }: UiAppliance): Promise<Call> {
  const stranger = world.as(null)
  const made = await stranger('POST', '/system/', { code: setUpCode(), ...administrator })
  const session = await stranger('POST', '/sessions/', administrator)
  if (made.status !== 200 || session.status !== 200)
    throw new Error(`no administrator: ${made.text} ${session.text}`)
  return world.as((session.data as { session: string }).session)
}
