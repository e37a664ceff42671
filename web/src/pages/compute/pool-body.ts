import type { Answer, Request } from '../../api/client.ts'

export type ComputePool = Answer<'/compute_pools/{pool}', 'get'>
export type PoolStatus = Answer<'/compute_pool_status/{pool}', 'get'>
export type CellStatus = Answer<'/compute_cell_status/{pool}', 'get'>[number]
export type CreateBody = NonNullable<Request<'/compute_pools/{pool}', 'post'>['body']>
export type ModifyBody = NonNullable<Request<'/compute_pools/{pool}', 'put'>['body']>

export const networkModes = ['share', 'plain', 'mono'] as const
export type NetworkMode = (typeof networkModes)[number]

/** As the form has it: empty is none. */
export interface PoolParts {
  network_mode: NetworkMode
  network: string
  storage: string
  failover: boolean
}

export const isNetworkMode = (text: string | undefined): text is NetworkMode =>
  networkModes.some((mode) => mode === text)

export const partsOf = (pool: ComputePool): PoolParts => ({
  network_mode: isNetworkMode(pool.network_mode) ? pool.network_mode : 'share',
  network: pool.network,
  storage: pool.storage,
  failover: pool.failover,
})

const orNone = (text: string) => (text === '' ? null : text)

export const createBody = (parts: PoolParts, cells: readonly string[]): CreateBody => ({
  network_mode: parts.network_mode,
  network: orNone(parts.network),
  storage: orNone(parts.storage),
  failover: parts.failover,
  cells: [...cells],
})

/** Only what was changed. */
export function changeBody(before: PoolParts, after: PoolParts): ModifyBody {
  return {
    ...(before.network_mode === after.network_mode ? {} : { network_mode: after.network_mode }),
    ...(before.network === after.network ? {} : { network: orNone(after.network) }),
    ...(before.storage === after.storage ? {} : { storage: orNone(after.storage) }),
    ...(before.failover === after.failover ? {} : { failover: after.failover }),
  }
}

/** Of `[stopped, running, lost, migrating]`; the document leaves the elements open. */
export function guestNumbers(instances: readonly unknown[]): { running: number; all: number; lost: number } {
  const [stopped = 0, running = 0, lost = 0, migrating = 0] = instances.map(Number)
  return { running, lost, all: stopped + running + lost + migrating }
}
