import { useState } from 'react'
import { isLayoutName, type LayoutName } from './layouts.ts'

const storageKey = 'nacelle.keyboard'

/** The layout that guests have, as it was chosen last. */
export const rememberedLayout = (): LayoutName => {
  const stored = localStorage.getItem(storageKey)
  return isLayoutName(stored) ? stored : 'us'
}

export function useLayout(): [LayoutName, (name: LayoutName) => void] {
  const [layout, setLayout] = useState(rememberedLayout)
  return [
    layout,
    (name) => {
      localStorage.setItem(storageKey, name)
      setLayout(name)
    },
  ]
}
