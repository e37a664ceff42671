// What a lone action has to say when it failed, or offers once it is done: a stack at the corner of every page.
import { useSyncExternalStore } from 'react'

export interface Notice {
  kind: 'danger' | 'info' | 'success'
  title: string
  text?: string
  /** What can be done about it. */
  action?: { title: string; onChoose: () => void }
}

export interface ShownNotice extends Notice {
  id: number
}

let all: readonly ShownNotice[] = []
let last = 0
const listeners = new Set<() => void>()
const most = 5

function put(changed: readonly ShownNotice[]): void {
  all = changed
  for (const listener of listeners) listener()
}

/** Shows a notice; what failed stays until it is closed. */
export function notify(notice: Notice): void {
  put([...all, { ...notice, id: ++last }].slice(-most))
}

export const dismissNotice = (id: number): void => put(all.filter((notice) => notice.id !== id))

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const useNotices = (): readonly ShownNotice[] => useSyncExternalStore(subscribe, () => all)
