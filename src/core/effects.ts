// Effects of steps as dry runs show them.
import type { Effect } from '../tasks/saga.ts'
import { AppError } from './errors.ts'
import type { PlannedCall, VolumeCommands } from './volume-commands.ts'
import type { VolumeStore } from './volumes.ts'

type Details = Omit<Effect, 'effect'>

/**
 * An effect with what has to be read of the record for it. In words alone where that has gone since: the plan of a task that
 * has ended is shown too.
 */
export function effectOf(effect: string, details: () => Details): Effect {
  try {
    return { effect, ...details() }
  } catch (error) {
    if (error instanceof AppError) return { effect }
    throw error
  }
}

/** The same for a call of a store; in words alone where only its work can tell the commands. */
export function storeEffect(
  effect: string,
  store: () => VolumeStore,
  call: (commands: VolumeCommands) => PlannedCall & Pick<Effect, 'space'>,
): Effect {
  let said = effect
  const known = effectOf(effect, () => {
    const commands = store().commands
    if (!commands) return {}
    const { words, commands: lists, space } = call(commands)
    if (words) said = `${effect}: ${words}`
    return { ...(lists.length > 0 ? { commands: lists } : {}), ...(space ? { space } : {}) }
  })
  return { ...known, effect: said }
}
