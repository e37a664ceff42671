import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import type { Cell, ComputePool } from './compute-pool.ts'

const poolName = 'default'

/**
 * Name of the cell that this host is: the one recorded where there is just one, since a host that was renamed still
 * owns its guests; else the first label of the host's name.
 */
export function localCellName(zone: Zone, hostname: string): string {
  const cells = zone.db.select({ name: schema.cell.name }).from(schema.cell).limit(2).all()
  if (cells.length === 1 && cells[0]) return cells[0].name
  const label = (hostname.split('.')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return label === '' ? 'cell' : label.slice(0, 63)
}

export interface DefaultComputePool {
  zone: Zone
  cellName: string
  /** The cell's own address as its neighbours see it. */
  address: string
  /** Name of a storage pool and of an address pool that exist. */
  storage: string
  network: string
}

/**
 * At every start: this host is a cell of the zone, with its present address. At the first one, when no compute pool is
 * there, also the pool `default` with this cell in it. Repeatable.
 */
export async function ensureDefaultComputePool(request: DefaultComputePool): Promise<void> {
  const { zone, cellName, address } = request
  const isFirst = zone.db.select().from(schema.computePool).limit(1).get() === undefined
  const changes: Change[] = isFirst ? [defaultPool(request)] : []
  const found = zone.db.select().from(schema.cell).where(eq(schema.cell.name, cellName)).get()
  if (!found) changes.push(newCell(cellName, address, isFirst ? poolName : null))
  else if (found.address !== address) {
    const { version, ...row } = found
    changes.push({ table: 'cell', key: cellName, before: version, after: { ...row, address } })
  }
  if (changes.length > 0)
    await zone.commit({ who: 'system', requestId: 'system', action: `cell.register ${cellName}` }, changes)
}

function defaultPool({ storage, network }: DefaultComputePool): Change {
  const after: ComputePool = {
    name: poolName,
    enabled: true,
    networkMode: 'share',
    storage,
    network,
    failover: false,
    createdAt: Date.now(),
  }
  return { table: 'computePool', key: poolName, before: null, after }
}

function newCell(name: string, address: string, pool: string | null): Change {
  const after: Cell = { name, pool, address, enabled: true, bridge: null, createdAt: Date.now() }
  return { table: 'cell', key: name, before: null, after }
}
