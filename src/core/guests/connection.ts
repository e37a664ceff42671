// How a guest is connected, by the network mode of its compute pool.
import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError, invalid } from '../errors.ts'
import type { DomainSpec, Hypervisor } from '../hypervisor.ts'
import type { HostNetwork } from '../network.ts'
import { pickAddress, pickExternal } from './address.ts'
import type { Guest, GuestRequest } from './guest.ts'

type ComputePool = typeof schema.computePool.$inferSelect
type CardSource = NonNullable<DomainSpec['network']>['source']

/**
 * The same look that the reserving step takes, so that a wrong address names the field of the request; and what the
 * network mode of the pool has no place for is refused.
 */
export function checkConnection(
  { zone }: { zone: Zone },
  pool: ComputePool,
  request: Pick<GuestRequest, 'networkAddress' | 'ports'>,
): void {
  const { networkMode: mode } = pool
  if (request.ports.length > 0 && mode !== 'share')
    throw invalid(
      'ports',
      mode === 'plain'
        ? `compute pool '${pool.name}' puts guests on the LAN (network mode 'plain'), where all their ports are reached ` +
            'without a forward; leave ports out'
        : `each guest of compute pool '${pool.name}' has an external address of its own (network mode 'mono'), where all ` +
            'its ports are reached without a forward; leave ports out',
    )
  if (!pool.network) {
    checkWithoutPool(pool, request)
    return
  }
  const field = 'network_address'
  try {
    pickAddress(zone, pool.network, request.networkAddress ?? null)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, error.message.replace(/^address /, `${field} `), { field })
  }
  if (mode === 'mono') pickExternal(zone, pool.network)
}

function checkWithoutPool(
  { name, networkMode }: ComputePool,
  { networkAddress, ports }: Pick<GuestRequest, 'networkAddress' | 'ports'>,
): void {
  if (networkMode === 'mono')
    throw new AppError(
      'conflict',
      `compute pool '${name}' has the network mode 'mono' but names no address pool, of which its guests would get their ` +
        'addresses',
      { field: 'pool' },
    )
  if (networkAddress)
    throw invalid(
      'network_address',
      `compute pool '${name}' names no address pool, so no address can be asked for`,
    )
  if (ports.length > 0)
    throw invalid(
      'ports',
      `compute pool '${name}' names no address pool, so there is no address to forward ports to`,
    )
}

/** What the guest's card is plugged into; undefined for a guest without one. */
export function cardSource({ db }: Zone, guest: Omit<Guest, 'version'>): CardSource | undefined {
  const { addressPool, cell, computePool } = schema
  const pool = db.select().from(computePool).where(eq(computePool.name, guest.pool)).get()
  if (pool?.networkMode === 'plain') {
    const bridge = db.select().from(cell).where(eq(cell.name, guest.cell)).get()?.bridge
    if (!bridge) throw noBridge(guest.cell, guest.pool)
    return { kind: 'bridge', name: bridge }
  }
  if (!guest.addressPool) return undefined
  const network = db.select().from(addressPool).where(eq(addressPool.name, guest.addressPool)).get()?.network
  if (network === undefined)
    throw new AppError('conflict', `the address pool '${guest.addressPool}' of guest '${guest.name}' is gone`)
  return { kind: 'network', name: network }
}

const noBridge = (cell: string, pool: string) =>
  new AppError(
    'conflict',
    `compute pool '${pool}' puts guests on the LAN (network mode 'plain'), but cell '${cell}' has no bridge for them: make ` +
      'one with `nacelle host bridge create` and name it ' +
      `(PUT /compute_pool_cells/${pool}/${cell} {"bridge": "br0"})`,
    { field: 'pool' },
  )

/** A hypervisor that looks before each start whether the bridge of the LAN is there, and says plainly when it is not. */
export const withBridgesThere = (
  hypervisor: Hypervisor,
  network: Pick<HostNetwork, 'bridges'>,
): Hypervisor => ({
  ...hypervisor,
  async start(spec) {
    await requireBridge(spec, network)
    await hypervisor.start(spec)
  },
  async restore(spec, memoryPath) {
    await requireBridge(spec, network)
    await hypervisor.restore(spec, memoryPath)
  },
})

async function requireBridge(spec: DomainSpec, network: Pick<HostNetwork, 'bridges'>): Promise<void> {
  const source = spec.network?.source
  if (source?.kind !== 'bridge' || (await network.bridges()).includes(source.name)) return
  throw new AppError(
    'unavailable',
    `the bridge '${source.name}' that guests on the LAN are plugged into is not there on this host: see \`ip link\``,
  )
}
