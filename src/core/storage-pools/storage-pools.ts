import { asc, count, eq, ne } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { VolumeStore } from '../volumes.ts'
import { checkDisjoint, checkPoolName, checkPoolRequest } from './rules.ts'
import type { StoragePool, StoragePoolRequest, StoragePoolView } from './storage-pool.ts'

export interface StoragePoolDeps {
  zone: Zone
  /** Makes the store of a pool: one back end for each type. */
  open(pool: StoragePool): VolumeStore
  now(): number
}

export interface StoragePools {
  /** By name. */
  list(op: OperationContext): StoragePool[]
  /** With capabilities and figures. Throws `not_found`. */
  get(op: OperationContext, name: string): Promise<StoragePoolView>
  create(op: OperationContext, name: string, request: StoragePoolRequest): Promise<ChangePlan>
  /** What is left out stays. Refused while volumes lie on the pool. */
  modify(op: OperationContext, name: string, request: Partial<StoragePoolRequest>): Promise<ChangePlan>
  /** Forgets the pool; its directory stays as it is. Refused while volumes or compute pools use it. */
  remove(op: OperationContext, name: string): Promise<ChangePlan>
  /** For the appliance itself. Throws `not_found`. */
  store(name: string): VolumeStore
  names(): string[]
  /** Where images go: the storage of the first compute pool that has one, else the oldest pool. */
  imagePool(): string
}

export function createStoragePools(deps: StoragePoolDeps): StoragePools {
  const store = storeRegistry(deps)
  return {
    list(op) {
      requirePermission(op, 'storage.read')
      return allPools(deps.zone)
    },
    async get(op, name) {
      requirePermission(op, 'storage.read')
      return view(readPool(deps.zone, name), store(name))
    },
    create: (op, name, request) => create(deps, op, name, request),
    modify: (op, name, request) => modify(deps, op, name, request),
    remove: (op, name) => remove(deps, op, name),
    store,
    names: () => allPools(deps.zone).map((pool) => pool.name),
    imagePool: () => imagePool(deps.zone),
  }
}

/** At first start: a directory pool `local`, so that a guest can be created at once. Repeatable. */
export async function ensureDefaultPool(zone: Zone, path: string, now = Date.now()): Promise<void> {
  if (allPools(zone).length > 0) return
  await zone.commit({ who: 'system', requestId: 'start', action: 'storage_pool.create local' }, [
    {
      table: 'storagePool',
      key: 'local',
      before: null,
      after: { name: 'local', type: 'dir', host: '', target: path, createdAt: now },
    },
  ])
}

/** Stores are kept, since they may hold connections, until their pool's row changes. */
function storeRegistry({ zone, open }: StoragePoolDeps): (name: string) => VolumeStore {
  const opened = new Map<string, { version: number; store: VolumeStore }>()
  return (name) => {
    const pool = readPool(zone, name)
    const known = opened.get(name)
    if (known?.version === pool.version) return known.store
    const store = open(pool)
    opened.set(name, { version: pool.version, store })
    return store
  }
}

async function view(pool: StoragePool, store: VolumeStore): Promise<StoragePoolView> {
  const common = { ...pool, capabilities: store.capabilities }
  try {
    return { ...common, usage: await store.usage(), error: null }
  } catch (error) {
    return { ...common, usage: null, error: error instanceof Error ? error.message : String(error) }
  }
}

async function create(
  deps: StoragePoolDeps,
  op: OperationContext,
  name: string,
  request: StoragePoolRequest,
): Promise<ChangePlan> {
  requirePermission(op, 'storage.write')
  checkPoolName(name)
  checkPoolRequest(request)
  const others = allPools(deps.zone)
  if (others.some((pool) => pool.name === name))
    throw new AppError('conflict', `there is a storage pool '${name}' already`, { field: 'name' })
  checkDisjoint(request.target, others)
  const { target } = request
  const row = { name, type: 'dir' as const, host: '', target, createdAt: deps.now() }
  await probed(deps, op, { ...row, version: 0 })
  return commitPlanned(deps.zone, op, {
    action: `storage_pool.create ${name}`,
    effect: `record directory pool '${name}' at ${target}`,
    changes: [{ table: 'storagePool', key: name, before: null, after: row }],
  })
}

async function modify(
  deps: StoragePoolDeps,
  op: OperationContext,
  name: string,
  request: Partial<StoragePoolRequest>,
): Promise<ChangePlan> {
  requirePermission(op, 'storage.write')
  const { version, ...pool } = readPool(deps.zone, name)
  const after = { ...pool, target: request.target ?? pool.target }
  checkPoolRequest({ ...after, type: request.type ?? pool.type, host: request.host ?? pool.host })
  if (after.target !== pool.target) checkEmpty(deps.zone, name)
  checkDisjoint(after.target, othersThan(deps.zone, name))
  await probed(deps, op, { ...after, version })
  return commitPlanned(deps.zone, op, {
    action: `storage_pool.modify ${name}`,
    effect: `record the target ${after.target} of pool '${name}'`,
    changes: [{ table: 'storagePool', key: name, before: version, after }],
  })
}

async function remove(deps: StoragePoolDeps, op: OperationContext, name: string): Promise<ChangePlan> {
  requirePermission(op, 'storage.write')
  const { version, target } = readPool(deps.zone, name)
  const user = deps.zone.db
    .select()
    .from(schema.computePool)
    .where(eq(schema.computePool.storage, name))
    .get()
  if (user)
    throw new AppError(
      'conflict',
      `pool '${name}' is the storage of compute pool '${user.name}': give that another one first`,
    )
  checkEmpty(deps.zone, name)
  return commitPlanned(deps.zone, op, {
    action: `storage_pool.delete ${name}`,
    effect: `forget pool '${name}'; its directory ${target} stays as it is`,
    changes: [{ table: 'storagePool', key: name, before: version, after: null }],
  })
}

// A dry run must not make directories.
async function probed(deps: StoragePoolDeps, op: OperationContext, pool: StoragePool): Promise<void> {
  if (!op.dryRun) await deps.open(pool).probe()
}

function checkEmpty(zone: Zone, name: string): void {
  const volumes =
    zone.db.select({ n: count() }).from(schema.volume).where(eq(schema.volume.pool, name)).get()?.n ?? 0
  if (volumes > 0)
    throw new AppError(
      'conflict',
      `${volumes} volumes lie on pool '${name}' (those in quarantine included): delete and purge them first`,
    )
}

function readPool(zone: Zone, name: string): StoragePool {
  const pool = zone.db.select().from(schema.storagePool).where(eq(schema.storagePool.name, name)).get()
  if (!pool) throw notFound('storage pool', name)
  return pool
}

const allPools = (zone: Zone): StoragePool[] =>
  zone.db.select().from(schema.storagePool).orderBy(asc(schema.storagePool.name)).all()

const othersThan = (zone: Zone, name: string): StoragePool[] =>
  zone.db.select().from(schema.storagePool).where(ne(schema.storagePool.name, name)).all()

function imagePool(zone: Zone): string {
  const computePools = zone.db
    .select()
    .from(schema.computePool)
    .orderBy(asc(schema.computePool.createdAt))
    .all()
  const storage = computePools.find((pool) => pool.storage !== null)?.storage
  if (storage) return storage
  const oldest = zone.db.select().from(schema.storagePool).orderBy(asc(schema.storagePool.createdAt)).get()
  if (!oldest) throw new AppError('unavailable', 'there is no storage pool yet: create one first')
  return oldest.name
}
