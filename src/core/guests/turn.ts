let last: Promise<unknown> = Promise.resolve()

/**
 * Looks at the record and commits what follows from the look, one after the other: for claims that no version and no
 * unique column guards, such as host ports and the quota of a group.
 */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work)
  last = turn.catch(() => undefined)
  return turn
}
