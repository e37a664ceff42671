// What a compute pool's network mode asks of its address pool and its cells.
import { and, eq, ne } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Database } from '../../zone/zone.ts'
import { checkFree } from '../address-pools/ranges.ts'
import { internalRangesOf, lanPools, rangesOf, readPool } from '../address-pools/record.ts'
import { checkForeign, checkRange, subnetOfPool } from '../address-pools/rules.ts'
import { AppError } from '../errors.ts'
import type { ComputePool } from './compute-pool.ts'
import type { ComputePoolDeps } from './compute-pools.ts'

type Deps = Pick<ComputePoolDeps, 'zone' | 'bridges' | 'network'>

/** Throws `conflict` where the pool's guests could not be connected as its network mode says. */
export async function checkNetworkUse(
  deps: Deps,
  pool: ComputePool,
  cells: readonly string[],
): Promise<void> {
  if (pool.networkMode === 'plain') for (const cell of cells) await checkBridge(deps, pool.name, cell)
  if (pool.network === null) return
  checkOtherPools(deps.zone.db, pool, pool.network)
  await checkRanges(deps, pool, pool.network)
}

async function checkBridge({ zone, bridges }: Deps, pool: string, name: string): Promise<void> {
  const cell = zone.db.select().from(schema.cell).where(eq(schema.cell.name, name)).get()
  const field = 'network_mode'
  if (!cell?.bridge)
    throw new AppError(
      'conflict',
      `the network mode 'plain' needs a bridge on each cell, and cell '${name}' has none: make one with ` +
        `\`nacelle host bridge create\` and name it (PUT /compute_pool_cells/${cell?.pool ?? pool}/${name} {"bridge": "br0"})`,
      { field },
    )
  const there = await bridges(name)
  if (there && !there.includes(cell.bridge))
    throw new AppError('conflict', `the bridge '${cell.bridge}' of cell '${name}' is not there any more`, {
      field,
    })
}

/** An address pool has a network of ours or is a part of the LAN, not both. */
function checkOtherPools(db: Database, pool: ComputePool, network: string): void {
  const { computePool } = schema
  const others = db
    .select()
    .from(computePool)
    .where(and(eq(computePool.network, network), ne(computePool.name, pool.name)))
    .all()
  const other = others.find(({ networkMode }) => (networkMode === 'plain') !== (pool.networkMode === 'plain'))
  if (!other) return
  throw new AppError(
    'conflict',
    `address pool '${network}' serves compute pool '${other.name}', whose guests are ` +
      `${other.networkMode === 'plain' ? 'on the LAN' : 'behind NAT'}: it cannot serve the network mode ` +
      `'${pool.networkMode}' as well`,
    { field: 'network' },
  )
}

/** The rules of ranges differ for guests on the LAN, so they are asked again. */
async function checkRanges({ zone, network: host }: Deps, pool: ComputePool, name: string): Promise<void> {
  const { db } = zone
  const onLan = lanPools(db)
  const wasOnLan = onLan.has(name)
  const isOnLan = pool.networkMode === 'plain'
  if (wasOnLan === isOnLan) return
  if (isOnLan) onLan.add(name)
  else onLan.delete(name)
  const addressPool = readPool(db, name)
  const all = db.select().from(schema.addressRange).all()
  for (const range of rangesOf(db, name)) {
    const existing = all.filter(({ key }) => key !== range.key)
    checkRange(addressPool, range, { existing, onLan })
  }
  const [first] = internalRangesOf(db, name)
  if (!first) return
  if (!isOnLan) return checkFree({ network: host }, subnetOfPool(addressPool.gateway, first.netmask))
  const foreign = [...(await host.addresses()), ...(await host.routers())]
  for (const range of internalRangesOf(db, name)) checkForeign(range, foreign)
}
