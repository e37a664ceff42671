import { useCallback, useState } from 'react'
import type { FeedMessage } from '../../api/live.ts'
import { useFeedListener } from '../../components/feed-context.ts'
import type { Guest } from './use-guest-rows.ts'

export interface Selection {
  /** By id, as they were last seen. */
  guests: ReadonlyMap<string, Guest>
  toggle: (guest: Guest, isSelected: boolean) => void
  set: (guests: readonly Guest[]) => void
}

/** Chosen guests: they stay chosen while the list changes, scrolls and is sorted, and go when they are deleted. */
export function useSelection(rows: ReadonlyMap<number, Guest>): Selection {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Guest>>(new Map())
  const hear = useCallback((message: FeedMessage) => {
    if (message.type !== 'change') return
    const gone = message.data.changes.filter(({ table, kind }) => table === 'guest' && kind === 'deleted')
    if (gone.length === 0) return
    const keys = new Set(gone.map(({ key }) => key))
    setChosen((now) =>
      [...now.keys()].some((id) => keys.has(id)) ? new Map([...now].filter(([id]) => !keys.has(id))) : now,
    )
  }, [])
  useFeedListener(hear)
  const latest = new Map([...rows.values()].map((guest) => [guest.id, guest]))
  return {
    guests: new Map([...chosen].map(([id, guest]) => [id, latest.get(id) ?? guest])),
    toggle: (guest, isSelected) =>
      setChosen((now) => {
        const changed = new Map(now)
        if (isSelected) changed.set(guest.id, guest)
        else changed.delete(guest.id)
        return changed
      }),
    set: (guests) => setChosen(new Map(guests.map((guest) => [guest.id, guest]))),
  }
}
