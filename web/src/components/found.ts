import type { components } from '../api/schema.d.ts'

export type Found = components['schemas']['Found']
export type FoundKind = Found['kind']

const beginnings: Readonly<Record<FoundKind, string>> = {
  guest: '/instances',
  disk_image: '/images/disk',
  media_image: '/images/media',
  storage_pool: '/storage',
  address_pool: '/network/pools',
  compute_pool: '/compute/pools',
  user: '/people/users',
  task: '/tasks',
}

/** The page of what was found. */
export const pathOf = ({ kind, id }: Pick<Found, 'kind' | 'id'>): string =>
  `${beginnings[kind]}/${encodeURIComponent(id)}`

/** What was found, kind by kind, in the order of the answer. */
export function byKind(found: readonly Found[]): [FoundKind, Found[]][] {
  const groups = new Map<FoundKind, Found[]>()
  for (const one of found) groups.set(one.kind, [...(groups.get(one.kind) ?? []), one])
  return [...groups]
}
