import { useState } from 'react'

type Draft = Record<string, string>

function stored(key: string): Draft {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(key) ?? '{}')
    if (typeof found !== 'object' || found === null) return {}
    return Object.fromEntries(Object.entries(found).filter((entry) => typeof entry[1] === 'string'))
  } catch {
    return {}
  }
}

export interface DraftOptions {
  /** Kept by the browser under this name until the form is done. */
  key: string
  initial: Draft
  /** Fields that are kept nowhere: passwords and keys. */
  secret?: readonly string[]
}

/** What has been typed into a form so far; it survives a reload of the page. */
export function useDraft({ key, initial, secret = [] }: DraftOptions) {
  const name = `nacelle.draft.${key}`
  const [values, setValues] = useState<Draft>(() => ({ ...initial, ...stored(name) }))
  const set = (change: Draft) => {
    const next = { ...values, ...change }
    setValues(next)
    const kept = Object.entries(next).filter(([field]) => !secret.includes(field))
    sessionStorage.setItem(name, JSON.stringify(Object.fromEntries(kept)))
  }
  return { values, set, forget: () => sessionStorage.removeItem(name) }
}
