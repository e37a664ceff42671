import { randomUUID } from 'node:crypto'
import { and, asc, count, eq, ne, sum } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { LunClaims, VolumeStore } from '../volumes.ts'
import { lunClaimsOf } from './lun-claims.ts'
import { checkFields, poolTypeNamed, poolTypes } from './pool-types.ts'
import { checkDisjoint, checkPoolName } from './rules.ts'
import type {
  CheckedPool,
  StoragePool,
  StoragePoolRequest,
  StoragePoolView,
  VisibleStoragePool,
} from './storage-pool.ts'

export interface StoragePoolDeps {
  zone: Zone
  secrets: Secrets
  /** Makes the store of a pool: one back end for each type. `secret` is the plain text. */
  open(pool: StoragePool, secret: string | null, lunClaims: LunClaims): VolumeStore
  now(): number
}

export interface StoragePools {
  /** By name. */
  list(op: OperationContext): VisibleStoragePool[]
  /** With capabilities and figures. Throws `not_found`. */
  get(op: OperationContext, name: string): Promise<StoragePoolView>
  create(op: OperationContext, name: string, request: StoragePoolRequest): Promise<ChangePlan>
  /** What is left out stays, unless `replace` asks for the whole. Refused while volumes lie on the pool. */
  modify(
    op: OperationContext,
    name: string,
    request: Partial<StoragePoolRequest>,
    mode?: 'patch' | 'replace',
  ): Promise<ChangePlan>
  /** Forgets the pool; what lies on it stays as it is. Refused while volumes or compute pools use it. */
  remove(op: OperationContext, name: string): Promise<ChangePlan>
  /** For the appliance itself. Throws `not_found`. */
  store(name: string): VolumeStore
  names(): string[]
  /** Where images go: the storage of the first compute pool that keeps files, else the oldest pool that does. */
  imagePool(): string
  /** Where the files of a guest on `storage` go (UEFI variables, seed, memory): there, or where images go. */
  filePool(storage: string): string
}

export function createStoragePools(deps: StoragePoolDeps): StoragePools {
  const store = storeRegistry(deps)
  return {
    list(op) {
      requirePermission(op, 'storage.read')
      return allPools(deps.zone).map(visible)
    },
    async get(op, name) {
      requirePermission(op, 'storage.read')
      return view(deps.zone, readPool(deps.zone, name), store(name))
    },
    create: (op, name, request) => create(deps, op, name, request),
    modify: (op, name, request, mode) => modify(deps, op, { name, request, mode: mode ?? 'patch' }),
    remove: (op, name) => remove(deps, op, name, store(name)),
    store,
    names: () => allPools(deps.zone).map((pool) => pool.name),
    imagePool: () => imagePool(deps.zone, store),
    filePool: (storage) => (store(storage).capabilities.files ? storage : imagePool(deps.zone, store)),
  }
}

/** At first start: a directory pool `local`, so that a guest can be created at once. Repeatable. */
export async function ensureDefaultPool(zone: Zone, path: string, now = Date.now()): Promise<void> {
  if (allPools(zone).length > 0) return
  const after = {
    name: 'local',
    type: 'dir' as const,
    host: '',
    target: path,
    options: { type: 'dir' as const },
    secret: null,
    createdAt: now,
  }
  await zone.commit({ who: 'system', requestId: 'start', action: 'storage_pool.create local' }, [
    { table: 'storagePool', key: 'local', before: null, after },
  ])
}

/** Stores are kept, since they may hold connections, until their pool's row changes. */
function storeRegistry(deps: StoragePoolDeps): (name: string) => VolumeStore {
  const opened = new Map<string, { version: number; store: VolumeStore }>()
  return (name) => {
    const pool = readPool(deps.zone, name)
    const known = opened.get(name)
    if (known?.version === pool.version) return known.store
    const store = deps.open(pool, plainSecret(deps, pool), lunClaimsOf(deps, name))
    opened.set(name, { version: pool.version, store })
    return store
  }
}

const secretContext = (name: string) => `storage_pool:${name}`

const plainSecret = ({ secrets }: StoragePoolDeps, { name, secret }: StoragePool) =>
  secret === null ? null : secrets.decrypt(secret, secretContext(name))

const visible = ({ secret, ...pool }: StoragePool): VisibleStoragePool => ({
  ...pool,
  hasSecret: secret !== null,
})

async function view(zone: Zone, pool: StoragePool, store: VolumeStore): Promise<StoragePoolView> {
  const virtualBytes = virtualSize(zone, pool.name)
  const common = {
    ...visible(pool),
    capabilities: store.capabilities,
    virtualBytes,
    state: store.state?.() ?? {},
  }
  try {
    return { ...common, usage: await store.usage(), error: null }
  } catch (error) {
    return { ...common, usage: null, error: error instanceof Error ? error.message : String(error) }
  }
}

/** Layers of one disk count once: only the volumes that no other one stands on, and images. */
function virtualSize(zone: Zone, pool: string): number {
  const { volume } = schema
  const total = zone.db
    .select({ bytes: sum(volume.sizeBytes) })
    .from(volume)
    .where(and(eq(volume.pool, pool), eq(volume.state, 'ready'), eq(volume.hidden, false)))
    .get()
  return Number(total?.bytes ?? 0)
}

async function create(
  deps: StoragePoolDeps,
  op: OperationContext,
  name: string,
  request: StoragePoolRequest,
): Promise<ChangePlan> {
  requirePermission(op, 'storage.write')
  checkPoolName(name)
  const others = allPools(deps.zone)
  const checked = checkRequest(request, randomUUID())
  if (others.some((pool) => pool.name === name))
    throw new AppError('conflict', `there is a storage pool '${name}' already`, { field: 'name' })
  checkDisjoint(checked, others)
  const secret = sealedSecret(deps, { name, checked, given: request.secret, kept: null })
  const row = { name, type: checked.options.type, ...checked, secret, createdAt: deps.now() }
  await probed(deps, op, { ...row, version: 0 })
  return commitPlanned(deps.zone, op, {
    action: `storage_pool.create ${name}`,
    effect: `record '${name}', ${poolTypes[row.type].describe(row)}`,
    changes: [{ table: 'storagePool', key: name, before: null, after: row }],
  })
}

function checkRequest(request: StoragePoolRequest, secretUuid: string): CheckedPool {
  const type = poolTypeNamed(request.type)
  checkFields(type, request)
  return poolTypes[type].check(request, secretUuid)
}

interface SecretPlan {
  name: string
  checked: CheckedPool
  given: string | undefined
  /** What is recorded, sealed. */
  kept: string | null
}

function sealedSecret(deps: StoragePoolDeps, { name, checked, given, kept }: SecretPlan): string | null {
  const { type } = checked.options
  const field = type === 'rbd' ? 'key' : 'chap_secret'
  const user = type === 'rbd' ? 'user' : 'chap_user'
  if (poolTypes[type].secret(checked) === 'none') {
    if (given) throw invalid(field, `${field} belongs to a user: give ${user} as well`)
    return null
  }
  if (given) return deps.secrets.encrypt(given, secretContext(name))
  if (kept === null) throw invalid(field, `${field} is needed with ${user}`)
  return kept
}

interface Modification {
  name: string
  request: Partial<StoragePoolRequest>
  mode: 'patch' | 'replace'
}

async function modify(
  deps: StoragePoolDeps,
  op: OperationContext,
  { name, request, mode }: Modification,
): Promise<ChangePlan> {
  requirePermission(op, 'storage.write')
  const { version, ...pool } = readPool(deps.zone, name)
  const sameType = request.type === undefined || poolTypeNamed(request.type) === pool.type
  const base = mode === 'patch' && sameType ? requestOf(pool) : { type: pool.type }
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined))
  const checked = checkRequest({ ...base, ...given }, secretUuidOf(pool) ?? randomUUID())
  const kept = sameType ? pool.secret : null
  const secret = sealedSecret(deps, { name, checked, given: request.secret, kept })
  const after = { ...pool, type: checked.options.type, ...checked, secret }
  if (!sameStorage(pool, after)) checkEmpty(deps.zone, name)
  checkDisjoint(checked, othersThan(deps.zone, name))
  await probed(deps, op, { ...after, version })
  return commitPlanned(deps.zone, op, {
    action: `storage_pool.modify ${name}`,
    effect: `record '${name}' as ${poolTypes[after.type].describe(after)}`,
    changes: [{ table: 'storagePool', key: name, before: version, after }],
  })
}

/** Other credentials or mount options lead to the same volumes; everything else only an empty pool may change. */
const sameStorage = (a: CheckedPool, b: CheckedPool) =>
  a.options.type === b.options.type && a.target === b.target && a.host === b.host

/** The recorded pool as the request that made it; the secret stays where it is. */
function requestOf({ type, host, target, options }: Omit<StoragePool, 'version'>): StoragePoolRequest {
  const { type: _, ...own } = { secretUuid: '', ...options }
  const { secretUuid: __, ...fields } = own
  return { type, host, target, ...fields }
}

const secretUuidOf = ({ options }: Pick<StoragePool, 'options'>): string | undefined =>
  'secretUuid' in options ? options.secretUuid : undefined

async function remove(
  deps: StoragePoolDeps,
  op: OperationContext,
  name: string,
  store: VolumeStore,
): Promise<ChangePlan> {
  requirePermission(op, 'storage.write')
  const pool = readPool(deps.zone, name)
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
  const plan = await commitPlanned(deps.zone, op, {
    action: `storage_pool.delete ${name}`,
    effect: `forget '${name}', ${poolTypes[pool.type].describe(pool)}; what lies there stays as it is`,
    changes: [{ table: 'storagePool', key: name, before: pool.version, after: null }],
  })
  if (!op.dryRun)
    await store.release?.().catch((error: unknown) => {
      op.log.warn({ err: error, pool: name }, 'a forgotten storage pool could not be let go of')
    })
  return plan
}

// A dry run must not make directories, mounts or sessions.
async function probed(deps: StoragePoolDeps, op: OperationContext, pool: StoragePool): Promise<void> {
  if (!op.dryRun) await deps.open(pool, plainSecret(deps, pool), lunClaimsOf(deps, pool.name)).probe()
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

function imagePool(zone: Zone, store: (name: string) => VolumeStore): string {
  const computePools = zone.db
    .select()
    .from(schema.computePool)
    .orderBy(asc(schema.computePool.createdAt))
    .all()
  const oldest = zone.db.select().from(schema.storagePool).orderBy(asc(schema.storagePool.createdAt)).all()
  const inOrder = [...computePools.flatMap(({ storage }) => storage ?? []), ...oldest.map(({ name }) => name)]
  const found = inOrder.find((name) => store(name).capabilities.files)
  if (found) return found
  throw new AppError(
    'unavailable',
    'there is no storage pool that keeps files, and images need one: create a directory or NFS pool first',
  )
}
