import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** By then what came up with the appliance has ended, and nobody is likely to wait. */
const delayMs = 20_000

/**
 * Starting up leaves garbage that an idle process would keep for hours: V8 collects when there is work, and then there is
 * none. One collection, once, in a moment's pause.
 */
export function giveBackStartUpMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void
  setTimeout(() => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }), delayMs).unref()
}
