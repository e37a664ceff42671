import { useEffect, useState } from 'react'
import { useSession } from '../../api/session.ts'
import { type Draft, type DraftKind, emptyDraft, keepDraft, readDraft } from './draft.ts'

/** The draft of this tab, over it what the address has chosen; kept for a reload, but for the password. */
export function useDraft(kind: DraftKind, chosen: Partial<Draft>) {
  const { user, groups } = useSession()
  const [draft, setDraft] = useState<Draft>(() => ({
    ...(readDraft(kind) ?? { ...emptyDraft(), owner: user, group: groups[0] ?? '' }),
    ...chosen,
  }))
  useEffect(() => keepDraft(kind, draft), [kind, draft])
  const change = (patch: Partial<Draft>) => setDraft((before) => ({ ...before, ...patch }))
  return { draft, change }
}

interface Choice {
  image?: string | undefined
  media?: string | undefined
  template?: string | undefined
  pool?: string | undefined
  group?: string | undefined
}

/** What the address chooses, as it was when the page came; `forget` takes it out of the address. */
export function useChosen(search: Choice, forget: () => Promise<void>): Partial<Draft> {
  const [chosen] = useState(() => chosenBy(search))
  const isChoosing = Object.keys(chosenBy(search)).length > 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address is cleaned when it chooses something
  useEffect(() => {
    if (isChoosing) void forget()
  }, [isChoosing])
  return chosen
}

function chosenBy({ image, media, template, pool, group }: Choice): Partial<Draft> {
  return {
    ...(image ? { source: 'image' as const, image } : {}),
    ...(media ? { source: 'media' as const, media } : {}),
    ...(template ? { template } : {}),
    ...(pool ? { pool } : {}),
    ...(group ? { group } : {}),
  }
}
