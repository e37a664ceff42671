import { useState } from 'react'
import { type ColumnKey, columnKeys, fixedColumn, usualColumns } from './columns.tsx'

const storageKey = 'nacelle.instances.columns'

function remembered(): ReadonlySet<ColumnKey> {
  const words = localStorage.getItem(storageKey)?.split(',')
  const known = words ? columnKeys.filter((key) => words.includes(key)) : []
  return new Set(known.length > 0 ? [fixedColumn, ...known] : usualColumns)
}

/** The columns that this browser shows, in their order, and what shows or hides one. */
export function useColumns(): {
  shown: readonly ColumnKey[]
  toggle: (key: ColumnKey) => void
  reset: () => void
} {
  const [chosen, setChosen] = useState(remembered)
  const keep = (changed: ReadonlySet<ColumnKey>) => {
    localStorage.setItem(storageKey, [...changed].join(','))
    setChosen(changed)
  }
  return {
    shown: columnKeys.filter((key) => chosen.has(key)),
    toggle: (key) => {
      const changed = new Set(chosen)
      if (!changed.delete(key)) changed.add(key)
      keep(changed.add(fixedColumn))
    },
    reset: () => keep(new Set(usualColumns)),
  }
}
