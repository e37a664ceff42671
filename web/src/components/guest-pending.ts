// What the reader has asked of guests and is under way: their rows say so at once.
import { useSyncExternalStore } from 'react'

export type PendingWord = 'starting' | 'shuttingDown' | 'poweringOff' | 'rebooting' | 'resetting' | 'deleting'

interface Pending {
  word: PendingWord
  /** State in which it was asked for; once there is another, it is over. */
  from: string
}

let all: ReadonlyMap<string, Pending> = new Map()
const listeners = new Set<() => void>()
const timers = new Map<string, ReturnType<typeof setTimeout>>()

// A guest that is asked to shut down may take its time; the others are done when the request is.
const lingerMs: Record<PendingWord, number> = {
  starting: 3000,
  shuttingDown: 120_000,
  poweringOff: 3000,
  rebooting: 5000,
  resetting: 3000,
  deleting: 10_000,
}

function put(changed: ReadonlyMap<string, Pending>): void {
  all = changed
  for (const listener of listeners) listener()
}

const without = (id: string) => new Map([...all].filter(([key]) => key !== id))

export function markPending(id: string, word: PendingWord, from: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  put(new Map(all).set(id, { word, from }))
}

export function clearPending(id: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  if (all.has(id)) put(without(id))
}

/** The request has been answered well: the word stays until the state changes, but not for ever. */
export function settlePending(id: string): void {
  const pending = all.get(id)
  if (!pending) return
  clearTimeout(timers.get(id))
  timers.set(
    id,
    setTimeout(() => clearPending(id), lingerMs[pending.word]),
  )
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** What is under way with the guest, as long as it is in the state in which it was asked for. */
export function usePending(id: string, state: string): PendingWord | undefined {
  const pending = useSyncExternalStore(subscribe, () => all.get(id))
  return pending?.from === state ? pending.word : undefined
}
