// A phone has no keys but changes a field of text; what it changed is typed.

/** There is always something to erase, so that a backspace is heard. */
export const emptyInput = '_'.repeat(40)

export interface InputChange {
  /** Characters that were erased before the new ones. */
  erased: number
  typed: string
}

export function inputChange(before: string, after: string): InputChange {
  let same = 0
  while (same < before.length && before[same] === after[same]) same++
  return { erased: [...before.slice(same)].length, typed: after.slice(same) }
}
