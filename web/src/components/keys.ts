// The keys of every page, as data: what they do and where they lead.
export const globalSearchId = 'global-search'

/** `g` and then the letter. */
export const places = {
  d: { to: '/dashboard', word: 'dashboard' },
  i: { to: '/instances', word: 'instances' },
  m: { to: '/images/disk', word: 'diskImages' },
  s: { to: '/storage', word: 'storage' },
  a: { to: '/network/pools', word: 'addressPools' },
  p: { to: '/network/policies', word: 'policies' },
  c: { to: '/compute/cells', word: 'cells' },
  u: { to: '/people/users', word: 'users' },
  t: { to: '/tasks', word: 'tasks' },
  j: { to: '/journal', word: 'journal' },
} as const

export type PlaceKey = keyof typeof places

export const isPlaceKey = (key: string): key is PlaceKey => key in places

interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

/** What somebody does by keys: `go` needs two. */
export type Meaning = 'search' | 'create' | 'help' | 'begin' | { go: PlaceKey } | undefined

/** What a key means, after `g` or not. */
export function meaningOf({ key, ctrlKey, metaKey, altKey }: Pressed, isAfterG: boolean): Meaning {
  if (ctrlKey || metaKey || altKey) return undefined
  if (isAfterG && isPlaceKey(key)) return { go: key }
  switch (key) {
    case '/':
      return 'search'
    case 'c':
      return 'create'
    case '?':
      return 'help'
    case 'g':
      return 'begin'
    default:
      return undefined
  }
}

/** Fields, consoles and dialogs have their keys for themselves. */
export function isTakenBy(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  if (target.closest('input, textarea, select, canvas, [contenteditable], [role="dialog"], [role="menu"]'))
    return true
  return document.querySelector('[role="dialog"][aria-modal="true"]') !== null
}
