import type { OperationContext } from '../context.ts'
import type { DomainState } from '../hypervisor.ts'
import type { GuestDeps } from './deps.ts'
import type { DirectoryEntry } from './directory.ts'
import type { Guest } from './guest.ts'
import { conditions, type GuestFilter, holdsAll, type Matches, readingOf } from './search.ts'

/** What a guest is shown as: a domain that is not there is a stopped guest. */
export const shownStates = ['creating', 'running', 'paused', 'stopping', 'stopped', 'crashed'] as const
export type ShownState = (typeof shownStates)[number]

export const guestOrders = [
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
type GuestOrder = (typeof guestOrders)[number]

export interface GuestQuestion
  extends Pick<GuestFilter, 'pool' | 'cell' | 'tags' | 'keyword' | 'limit' | 'offset'> {
  /** Both must hold, where both are given. */
  owner?: string
  group?: string
  /** Any of them; none asks for all. */
  states?: readonly ShownState[]
  order?: GuestOrder
  descending?: boolean
}

export type StateCounts = Record<ShownState, number>

export interface FoundGuests {
  guests: Guest[]
  total: number
  /** Of what matches everything but `states`. */
  counts: StateCounts
}

export interface GuestCount {
  total: number
  states: StateCounts
}

type FindDeps = Pick<GuestDeps, 'zone' | 'live'>

/** One page of the guests that the caller may see; what is equal in the wanted order goes by full name. */
export function findGuests(deps: FindDeps, op: OperationContext, question: GuestQuestion): FoundGuests {
  const { directory, rows } = readingOf(deps.zone)
  const { owner, group, states, order = 'name', descending = false, limit, offset, ...rest } = question
  const matches = [...conditions(deps, op, rest), ...exactly(owner, group)]
  const wanted = new Set(states && states.length > 0 ? states : shownStates)
  const isWanted = shownStates.map((state) => wanted.has(state))
  // By number: a loop over ten thousand guests that looks up words takes several times longer.
  const tally = shownStates.map(() => 0)
  const found: DirectoryEntry[] = []
  for (const entry of directory.entries()) {
    if (!holdsAll(matches, entry)) continue
    const state = stateNumber(deps, entry)
    tally[state] = (tally[state] as number) + 1
    if (isWanted[state]) found.push(entry)
  }
  const counts = noCounts()
  for (const [index, state] of shownStates.entries()) counts[state] = tally[index] as number
  const sorted = inOrder(found, comparison(deps, order), descending)
  const ids = sorted.slice(offset, offset + limit).map(({ id }) => id)
  const byId = new Map((ids.length > 0 ? rows(JSON.stringify(ids)) : []).map((row) => [row.id, row]))
  return { guests: ids.map((id) => byId.get(id) as Guest), total: found.length, counts }
}

/** How many guests the caller may see, by state, of all and of each compute pool that has some. */
export function countGuests(
  deps: FindDeps,
  op: OperationContext,
): GuestCount & { pools: Map<string, GuestCount> } {
  const matches = conditions(deps, op, {})
  const all = { total: 0, states: noCounts() }
  const pools = new Map<string, GuestCount>()
  for (const entry of readingOf(deps.zone).directory.entries()) {
    if (!holdsAll(matches, entry)) continue
    const ofPool = pools.get(entry.pool) ?? { total: 0, states: noCounts() }
    pools.set(entry.pool, ofPool)
    const state = stateOf(deps, entry)
    for (const count of [all, ofPool]) {
      count.total += 1
      count.states[state] += 1
    }
  }
  return { ...all, pools }
}

/** The tags of the guests that the caller may see, and how many guests have each. */
export function countTags(deps: FindDeps, op: OperationContext): Map<string, number> {
  const matches = conditions(deps, op, {})
  const counts = new Map<string, number>()
  for (const entry of readingOf(deps.zone).directory.entries()) {
    if (entry.tags.length === 0 || !holdsAll(matches, entry)) continue
    for (const tag of entry.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  }
  return counts
}

/** The first guests that a person who types may mean: whose name begins so come before those that hold it elsewhere. */
export function suggestGuests(deps: FindDeps, op: OperationContext, keyword: string, limit: number): Guest[] {
  const { directory, rows } = readingOf(deps.zone)
  const matches = conditions(deps, op, { keyword })
  const wanted = keyword.toLowerCase()
  const first: string[] = []
  const others: string[] = []
  for (const entry of directory.entries()) {
    if (!holdsAll(matches, entry)) continue
    const begins = entry.name.toLowerCase().startsWith(wanted) || entry.address === wanted
    if (begins) first.push(entry.id)
    else if (others.length < limit) others.push(entry.id)
    if (first.length === limit) break
  }
  const ids = [...first, ...others].slice(0, limit)
  const byId = new Map((ids.length > 0 ? rows(JSON.stringify(ids)) : []).map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) as Guest)
}

const noCounts = (): StateCounts => ({
  creating: 0,
  running: 0,
  paused: 0,
  stopping: 0,
  stopped: 0,
  crashed: 0,
})

const exactly = (owner: string | undefined, group: string | undefined): Matches[] => [
  ...(owner === undefined ? [] : [(entry: DirectoryEntry) => entry.owner === owner]),
  ...(group === undefined ? [] : [(entry: DirectoryEntry) => entry.group === group]),
]

const shown = (live: DomainState): ShownState => (live === 'absent' ? 'stopped' : live)

const stateOf = ({ live }: FindDeps, { id, created }: DirectoryEntry): ShownState =>
  created ? shown(live.state(id)) : 'creating'

const numbers = new Map<DomainState, number>(shownStates.map((state, index) => [state as DomainState, index]))
const creating = shownStates.indexOf('creating')
const stopped = shownStates.indexOf('stopped')

/** Place of its state in `shownStates`. */
const stateNumber = ({ live }: FindDeps, { id, created }: DirectoryEntry): number =>
  created ? (numbers.get(live.state(id)) ?? stopped) : creating

type Comparison = (a: DirectoryEntry, b: DirectoryEntry) => number

/** None for the order in which the guests are kept. */
function comparison(deps: FindDeps, order: GuestOrder): Comparison | undefined {
  switch (order) {
    case 'name':
      return undefined
    case 'state':
      return byNumber((entry) => stateNumber(deps, entry))
    case 'cores':
      return byNumber(({ cores }) => cores)
    case 'memory':
      return byNumber(({ memoryBytes }) => memoryBytes)
    case 'created':
      return byNumber(({ createdAt }) => createdAt)
    case 'address':
      return byNumber(({ address }) => numberOf(address))
    case 'cell':
    case 'pool':
    case 'owner':
      return (a, b) => (a[order] < b[order] ? -1 : a[order] > b[order] ? 1 : 0)
  }
}

const byNumber =
  (figure: (entry: DirectoryEntry) => number): Comparison =>
  (a, b) =>
    figure(a) - figure(b)

/** 10.0.0.9 comes before 10.0.0.10, and who has none comes last. */
function numberOf(address: string | null): number {
  if (address === null) return 2 ** 32
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function inOrder(entries: DirectoryEntry[], compare: Comparison | undefined, descending: boolean) {
  if (compare === undefined) return descending ? entries.reverse() : entries
  return entries.sort(descending ? (a, b) => compare(b, a) : compare)
}
