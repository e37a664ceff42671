// What the list shows, as it stands in its address: a link shows the same to everybody who may see it.
import * as v from 'valibot'
import type { Request } from '../../api/client.ts'
import { type GuestStateWord, isGuestState } from '../../components/guest-verbs.ts'

export const orders = [
  'name',
  'state',
  'cores',
  'memory',
  'created',
  'address',
  'cell',
  'pool',
  'owner',
] as const
export type Order = (typeof orders)[number]

// The router reads what looks like a number or a truth as such.
const word = v.optional(v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String)))

export const instancesSearch = v.object({
  q: word,
  /** States with commas between them. */
  state: word,
  pool: word,
  cell: word,
  owner: word,
  group: word,
  /** Tags with commas between them: none has one. */
  tag: word,
  sort: v.fallback(v.optional(v.picklist(orders)), undefined),
  desc: v.fallback(v.optional(v.boolean()), undefined),
  dialog: word,
  of: word,
})

export type InstancesSearch = v.InferOutput<typeof instancesSearch>

export type GuestQuestion = NonNullable<Request<'/search/guests', 'post'>['body']>

export const statesOf = ({ state }: Pick<InstancesSearch, 'state'>): GuestStateWord[] =>
  (state ?? '').split(',').filter(isGuestState)

export const tagsOf = ({ tag }: Pick<InstancesSearch, 'tag'>): string[] =>
  (tag ?? '').split(',').filter((one) => one !== '')

/** What is asked of the appliance, without the part of the list. */
export function questionOf(search: InstancesSearch): GuestQuestion {
  const { q, pool, cell, owner, group, sort, desc } = search
  const given = Object.entries({ keyword: q, pool, cell, owner, group }).filter(([, value]) => value)
  const states = statesOf(search)
  const tags = tagsOf(search)
  return {
    ...Object.fromEntries(given),
    ...(states.length > 0 ? { states } : {}),
    ...(tags.length > 0 ? { tags } : {}),
    sort: sort ?? 'name',
    descending: desc ?? false,
  }
}

export const filterKeys = ['pool', 'cell', 'group', 'owner'] as const
export type FilterKey = (typeof filterKeys)[number]

export const isFiltered = (search: InstancesSearch): boolean =>
  Boolean(search.q) ||
  Boolean(search.tag) ||
  statesOf(search).length > 0 ||
  filterKeys.some((key) => search[key])

export const noFilters = {
  q: undefined,
  state: undefined,
  pool: undefined,
  cell: undefined,
  owner: undefined,
  group: undefined,
  tag: undefined,
} satisfies Partial<InstancesSearch>
