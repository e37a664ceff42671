import { randomUUID } from 'node:crypto'
import { type ChangePlan, commitInfo } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import { checkVolumeName, formatOf } from '../volume-names.ts'
import type { ImageInspector, VolumeStore } from '../volumes.ts'
import { Findings, type FindingsDeps } from './findings.ts'
import { dependantsOf, findVolume, nameAll, ownerNameOf, requireNoDependants, volumeNamed } from './record.ts'
import { purgeVolume } from './room.ts'
import { type LedgerEntry, type NewVolume, quarantinedVolume, readyVolume, type Volume } from './volume.ts'

export interface LedgerDeps extends FindingsDeps {
  inspector: ImageInspector
}

export interface Ledger {
  /** Every volume of a pool, found there or recorded, by name. */
  list(op: OperationContext, pool: string): Promise<LedgerEntry[]>
  /** Only of what belongs to nobody; `conflict` names whom it belongs to or what stands on it. */
  quarantine(op: OperationContext, pool: string, name: string): Promise<ChangePlan>
  undelete(op: OperationContext, pool: string, name: string): Promise<ChangePlan>
  /** For good; only from quarantine. */
  purge(op: OperationContext, pool: string, name: string): Promise<ChangePlan>
  /** Records a volume that lies there unowned. */
  adopt(op: OperationContext, pool: string, name: string): Promise<ChangePlan>
}

export const createLedger = (deps: LedgerDeps, findings = new Findings(deps)): Ledger => ({
  async list(op, pool) {
    requirePermission(op, 'storage.read')
    return findings.look(pool)
  },
  quarantine: (op, pool, name) => quarantine(deps, op, pool, name),
  undelete: (op, pool, name) => undelete(deps, op, pool, name),
  purge: (op, pool, name) => purge(deps, op, pool, name),
  adopt: (op, pool, name) => adopt(deps, op, pool, name),
})

async function quarantine(deps: LedgerDeps, op: OperationContext, pool: string, name: string) {
  requirePermission(op, 'storage.write')
  checkVolumeName(name)
  const store = deps.store(pool)
  const volume = volumeNamed(deps.zone.db, pool, name)
  if (volume?.state === 'quarantined') throw new AppError('conflict', `'${name}' is in quarantine already`)
  const change = volume ? dismissed(deps, volume) : await strayChange(deps, store, pool, name)
  await deps.zone.commit(commitInfo(op, `volume.quarantine ${pool}/${name}`), [change])
  if (!op.dryRun) await store.quarantine(name)
  return told(`move '${name}' of pool '${pool}' into quarantine`)
}

function dismissed(deps: LedgerDeps, volume: Volume) {
  const owner = ownerNameOf(deps.zone.db, volume)
  if (owner !== '')
    throw new AppError(
      'conflict',
      `'${volume.name}' belongs to ${volume.ownerKind} '${owner}': delete that instead`,
    )
  requireNoDependants(deps.zone.db, volume, `'${volume.name}'`)
  return quarantinedVolume(volume, deps.now())
}

/** A row for what nobody recorded, so that its stay in quarantine has a beginning. */
async function strayChange(deps: LedgerDeps, store: VolumeStore, pool: string, name: string) {
  if (!(await store.exists(name))) throw notFound('volume', name)
  const standing = await standingOn(store, name)
  if (standing.length > 0)
    throw new AppError('conflict', `'${name}' is what ${nameAll(standing)} stands on: adopt it instead`)
  const row = await strayRow(deps, store, pool, name)
  const after = { ...row, parent: null, state: 'quarantined' as const, quarantinedAt: deps.now() }
  return { table: 'volume' as const, key: row.id, before: null, after }
}

/** Names of the pool's volumes whose parent it is; asks the files, since the record knows nothing of it. */
async function standingOn(store: VolumeStore, name: string): Promise<string[]> {
  const names: string[] = []
  const { thinClone, diskFormat } = store.capabilities
  if (!thinClone) return names
  for (const one of await store.list()) {
    if (one.partial || one.quarantined || formatOf(one.name) !== diskFormat || one.name === name) continue
    if ((await store.info(one.name)).parent === name) names.push(`'${one.name}'`)
  }
  return names
}

async function strayRow(
  deps: LedgerDeps,
  store: VolumeStore,
  pool: string,
  name: string,
): Promise<NewVolume> {
  const { virtualSizeBytes } = await store.info(name)
  return {
    id: randomUUID(),
    pool,
    name,
    kind: name.endsWith('.iso') ? 'media' : 'disk',
    state: 'ready',
    ownerKind: 'none',
    owner: '',
    format: formatOf(name),
    sizeBytes: virtualSizeBytes,
    parent: null,
    hidden: false,
    quarantinedAt: null,
    createdAt: deps.now(),
  }
}

async function undelete(deps: LedgerDeps, op: OperationContext, pool: string, name: string) {
  requirePermission(op, 'storage.write')
  checkVolumeName(name)
  const { db } = deps.zone
  const volume = volumeNamed(db, pool, name)
  if (!volume) throw notFound('volume', name)
  const parent = volume.parent ? findVolume(db, volume.parent) : undefined
  if (parent?.state === 'quarantined')
    throw new AppError(
      'conflict',
      `'${name}' stands on '${parent.name}', which is deleted: undelete that first`,
    )
  if (volume.state === 'creating') throw new AppError('conflict', `'${name}' is just being made`)
  const orphaned = ownerNameOf(db, volume) === ''
  if (!op.dryRun) await deps.store(pool).undelete(name)
  const owner = orphaned ? { ownerKind: 'none' as const, owner: '' } : {}
  await deps.zone.commit(commitInfo(op, `volume.undelete ${pool}/${name}`), [readyVolume(volume, owner)])
  return told(`bring '${name}' of pool '${pool}' back from quarantine`)
}

async function purge(deps: LedgerDeps, op: OperationContext, pool: string, name: string) {
  requirePermission(op, 'storage.write')
  checkVolumeName(name)
  const volume = volumeNamed(deps.zone.db, pool, name)
  const effects = told(`remove '${name}' of pool '${pool}' for good`)
  if (!volume) {
    await requireStoredInQuarantine(deps.store(pool), name)
    if (!op.dryRun) await deps.store(pool).purge(name)
    return effects
  }
  if (volume.state !== 'quarantined')
    throw new AppError('conflict', `'${name}' is not in quarantine: only deleted volumes can be purged`)
  const dependants = dependantsOf(deps.zone.db, volume.id, { deletedToo: true })
  if (dependants.length > 0)
    throw new AppError('conflict', `'${name}' is what ${nameAll(dependants)} stands on: purge that first`)
  if (!op.dryRun) await purgeVolume(deps, volume, commitInfo(op, `volume.purge ${pool}/${name}`))
  return effects
}

async function requireStoredInQuarantine(store: VolumeStore, name: string): Promise<void> {
  const stored = (await store.list()).filter((one) => one.name === name)
  if (stored.length === 0) throw notFound('volume', name)
  if (!stored.some((one) => one.quarantined))
    throw new AppError('conflict', `'${name}' is not in quarantine: only deleted volumes can be purged`)
}

async function adopt(deps: LedgerDeps, op: OperationContext, pool: string, name: string) {
  requirePermission(op, 'storage.write')
  checkVolumeName(name)
  if (volumeNamed(deps.zone.db, pool, name))
    throw new AppError('conflict', `'${name}' is recorded already: only unowned volumes can be adopted`)
  const store = deps.store(pool)
  if (!(await store.exists(name))) throw notFound('volume', name)
  const row = await strayRow(deps, store, pool, name)
  const after = { ...row, parent: await adoptedParent(deps, store, pool, name) }
  await deps.zone.commit(commitInfo(op, `volume.adopt ${pool}/${name}`), [
    { table: 'volume', key: row.id, before: null, after },
  ])
  return told(`record '${name}' of pool '${pool}' as a volume that belongs to nobody yet`)
}

/** Row of the parent; whatever else the file would make QEMU open is refused. */
async function adoptedParent(deps: LedgerDeps, store: VolumeStore, pool: string, name: string) {
  const { parent } = await store.info(name)
  if (parent !== null) {
    const row = volumeNamed(deps.zone.db, pool, parent)
    if (row) return row.id
    throw invalid(
      'volume',
      `'${name}' stands on '${parent}', which is no recorded volume of the pool: adopt that first`,
    )
  }
  const source = store.source(name, formatOf(name))
  // A raw volume of a network pool says nothing of itself, and is never probed.
  if (source.kind === 'network') return null
  const { format } = await deps.inspector.inspect(source.path)
  if (format !== formatOf(name))
    throw invalid('volume', `'${name}' is ${format}: rename it so that exactly qcow2 volumes end in '.qcow2'`)
  return null
}

const told = (effect: string): ChangePlan => ({ effects: [{ effect }] })
