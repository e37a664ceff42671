import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { pendingWords } from '../../components/guest-action.ts'
import { clearPending, markPending, settlePending } from '../../components/guest-pending.ts'
import { type BulkVerb, shortName, stateOf } from '../../components/guest-verbs.ts'
import { notify } from '../../components/notices.ts'
import { useRefusalText } from '../../components/Refusal.tsx'
import { useBringBack } from '../../components/undo-delete.ts'
import { type BulkItem, runBulk } from './bulk.ts'
import type { Guest } from './use-guest-rows.ts'

export interface BulkProgress {
  verb: BulkVerb
  total: number
  done: number
  failed: { name: string; error: string }[]
}

/** Runs a verb for many guests, and tells how far it is. */
export function useBulk() {
  const { t } = useTranslation('instances')
  const textOf = useRefusalText()
  const bringBack = useBringBack()
  const mayBringBack = useMay('storage.write')
  const [progress, setProgress] = useState<BulkProgress>()
  const run = async (verb: BulkVerb, guests: readonly Guest[]) => {
    const names = new Map(guests.map((guest) => [guest.id, shortName(guest)]))
    const items = new Map<string, BulkItem>()
    for (const guest of guests) markPending(guest.id, pendingWords[verb], stateOf(guest))
    setProgress({ verb, total: guests.length, done: 0, failed: [] })
    const tell = (told: readonly BulkItem[]) => {
      for (const item of told) {
        if (item.state !== 'waiting' && items.get(item.id)?.state !== item.state) {
          if (item.state === 'done') settlePending(item.id)
          else clearPending(item.id)
        }
        items.set(item.id, item)
      }
      setProgress(progressOf({ verb, total: guests.length, items, names }))
    }
    await runBulk({ verb, guests, tell, textOf })
    const deleted = [...items.values()].filter(({ state }) => state === 'done').map(({ id }) => id)
    if (verb === 'delete' && deleted.length > 0)
      notify({
        kind: 'info',
        title: t('deletedMany', { count: deleted.length }),
        text: mayBringBack ? t('deletedText') : t('deletedTextAsk'),
        ...(mayBringBack ? { action: { title: t('bringBack'), onChoose: () => bringBack(deleted) } } : {}),
      })
    setProgress((now) => (now && now.failed.length > 0 ? now : undefined))
  }
  return { progress, run, dismiss: () => setProgress(undefined) }
}

interface Told {
  verb: BulkVerb
  total: number
  items: ReadonlyMap<string, BulkItem>
  names: ReadonlyMap<string, string>
}

function progressOf({ verb, total, items, names }: Told): BulkProgress {
  const all = [...items.values()]
  return {
    verb,
    total,
    done: all.filter(({ state }) => state !== 'waiting').length,
    failed: all
      .filter(({ state }) => state === 'failed')
      .map(({ id, error }) => ({ name: names.get(id) ?? id, error: error ?? '' })),
  }
}
