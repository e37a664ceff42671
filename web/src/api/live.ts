// What other people and the hosts change comes by one connection of all tabs, and makes the readings of it anew.
import type { Query, QueryClient } from '@tanstack/react-query'
import { followTasks, type TaskEvent } from './live-tasks.ts'

export interface Change {
  table: string
  key: string
  kind: 'created' | 'changed' | 'deleted'
}

export interface LiveState {
  guest: string
  state: string
  running: boolean
  time: number
}

/** A message of the feed, as the worker hands it on; `lost` and `open` are about the connection itself. */
export type FeedMessage =
  | { type: 'change'; data: { revision: number; changes: Change[] } }
  | { type: 'live'; data: LiveState }
  | { type: 'task'; data: TaskEvent }
  | { type: 'hello' | 'reset' | 'live_gap' }
  | { type: 'open' | 'lost' }

const guestPaths = [
  '/guests',
  '/guest/',
  '/guest_search',
  '/guest_counts',
  '/guest_tags',
  '/search',
  '/instances',
  '/instance_status',
  '/batch',
]
const statusPaths = ['/compute_zone_status', '/compute_pool_status', '/compute_cell_status', '/attention']

/** Which readings show rows of a table: beginnings of paths of the document. */
const pathsOf: Readonly<Record<string, readonly string[]>> = {
  setting: ['/settings', '/system'],
  role: ['/roles', '/sessions/{id}'],
  user_group: ['/user_groups', '/sessions/{id}', '/resource_visibilities'],
  user: ['/users', '/user_search'],
  membership: ['/user_groups', '/users', '/user_search', '/sessions/{id}'],
  token: ['/tokens'],
  compute_pool: ['/compute_pools', '/compute_pool_cells', ...statusPaths],
  cell: ['/compute_pools', '/compute_pool_cells', ...statusPaths],
  storage_pool: ['/storage_pools', '/compute_pools', ...statusPaths],
  address_pool: ['/address_pools'],
  address_range: ['/address_pools'],
  address: ['/address_pools', ...guestPaths],
  image: ['/media_images', '/media_image_search', '/disk_images', '/disk_image_search', '/search'],
  guest: [...guestPaths, ...statusPaths, '/user_groups', '/unmanaged_guests'],
  security_policy_group: [
    '/security_policy_groups',
    '/search/security_policy_groups',
    '/guests/{id}/security_policy',
  ],
  template: ['/templates'],
  snapshot: ['/instances/{id}/snapshots', '/guests/{id}/disks'],
  volume: ['/storage_pools', '/instances/{id}/snapshots', ...statusPaths],
  lun_claim: ['/storage_pools'],
  log_entry: ['/logs'],
}

const alwaysChanged = ['/journal']

/** Whether a reading shows what has changed. A reading of one thing by its id is spared by the changes of others. */
export function isTouched({ queryKey }: Pick<Query, 'queryKey'>, changes: readonly Change[]): boolean {
  const [path, params] = queryKey as readonly [unknown, { path?: { id?: string } } | undefined]
  if (typeof path !== 'string') return false
  const starts = (beginnings: readonly string[]) => beginnings.some((beginning) => path.startsWith(beginning))
  if (starts(alwaysChanged)) return true
  const id = params?.path?.id
  return changes.some(({ table, key }) => {
    if (!starts(pathsOf[table] ?? [])) return false
    const isOfAnother = table === 'guest' && id !== undefined && path.includes('{id}') && key !== id
    return !isOfAnother
  })
}

// Many commits a second make one reading, and a person still sees it at once.
const gatherMs = 100

/** Makes anew what the feed says has changed; gives what ends it. */
export function followFeed(
  client: QueryClient,
  subscribe: (listener: (m: FeedMessage) => void) => () => void,
) {
  let gathered: Change[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    timer = undefined
    const changes = gathered
    gathered = []
    void client.invalidateQueries({ predicate: (query) => isTouched(query, changes) })
  }
  const gather = (changes: readonly Change[]) => {
    gathered.push(...changes)
    if (timer === undefined) timer = setTimeout(flush, gatherMs)
  }
  const tellTask = followTasks(client)
  let isFirst = true
  return subscribe((message) => {
    switch (message.type) {
      case 'change':
        return gather(message.data.changes)
      case 'live':
        return gather([{ table: 'guest', key: message.data.guest, kind: 'changed' }])
      case 'task':
        return tellTask(message.data)
      case 'hello':
      case 'reset':
      case 'live_gap':
        // The first greeting comes to a page that has just read everything.
        if (!isFirst || message.type === 'reset') void client.invalidateQueries()
        isFirst = false
    }
  })
}
