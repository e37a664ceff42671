// A role's permissions as rows and columns, and back.

/** What a role says of a permission: nothing, for one's own, or for all. */
export type Reach = 'no' | 'own' | 'all'

/** As src/core/identity/permissions.ts lists them, by area. */
export const areas: Readonly<Record<string, readonly string[]>> = {
  guest: ['read', 'write', 'console', 'secret'],
  image: ['read', 'write'],
  compute: ['read', 'write'],
  storage: ['read', 'write'],
  network: ['read', 'write'],
  policy: ['read', 'write'],
  task: ['read', 'write'],
  identity: ['read', 'write'],
  session: ['read', 'write'],
  journal: ['read'],
  log: ['read', 'write'],
  setting: ['read', 'write'],
  system: ['read', 'write'],
}

const owned = ['guest', 'image', 'policy', 'task']

/** Only what somebody can own has a reach of its own. */
export const reachesOf = (area: string): readonly Reach[] =>
  owned.includes(area) ? ['no', 'own', 'all'] : ['no', 'all']

export function reachOf(permissions: readonly string[], permission: string): Reach {
  if (permissions.includes('*') || permissions.includes(permission)) return 'all'
  return permissions.includes(`${permission}.own`) ? 'own' : 'no'
}

/** The list with another reach of one permission; the others keep their order. */
export function withReach(permissions: readonly string[], permission: string, reach: Reach): string[] {
  const others = permissions.filter((held) => held !== permission && held !== `${permission}.own`)
  if (reach === 'no') return others
  return [...others, reach === 'all' ? permission : `${permission}.own`]
}
