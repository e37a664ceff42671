// Where the disks of a found domain lie, and whether they can be volumes there.
import * as schema from '../../db/schema.ts'
import { hasCode } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Volume } from '../guests/guest.ts'
import { sourceLabel } from '../hypervisor.ts'
import { isInHand, ownerNameOf, volumeNamed } from '../ledger/record.ts'
import { formatOf, isVolumeName } from '../volume-names.ts'
import type { VolumeStore } from '../volumes.ts'
import type { FoundDisk } from './found-domain.ts'

export interface LaidDisk extends FoundDisk {
  /** The storage pool that it lies on, and its name there; null for one that lies elsewhere. */
  pool: string | null
  name: string
  /** Its row where it is recorded already. */
  volume: Volume | undefined
  /** Row of what it stands on. */
  parent: string | null
  sizeBytes: number
  /** Why it cannot be taken over, with what to do. */
  refusal: string | null
}

/** Looks at the pools of this host; nothing is changed or moved. */
export async function layDisk(deps: GuestDeps, disk: FoundDisk): Promise<LaidDisk> {
  const name = disk.label.split('/').at(-1) ?? ''
  const nowhere = { ...disk, pool: null, name, volume: undefined, parent: null, sizeBytes: 0 }
  const pool = isVolumeName(name) ? poolOf(deps, disk.label, name) : undefined
  if (pool === undefined)
    return { ...nowhere, refusal: `disk ${disk.target} '${disk.label}' ${elsewhere(deps)}` }
  const laid: LaidDisk = { ...nowhere, pool, volume: volumeNamed(deps.zone.db, pool, name), refusal: null }
  try {
    return await judged(deps, laid)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { ...laid, refusal: `disk ${disk.target} '${disk.label}' cannot be looked at: ${error.message}` }
  }
}

/** The pool on which a volume of this name is what the label says. */
export function poolOf(deps: GuestDeps, label: string, name: string): string | undefined {
  const rows = deps.zone.db.select().from(schema.storagePool).all()
  return rows.find((row) => labelOn(deps.store(row.name), name) === label)?.name
}

/** Undefined where the pool has no such volume and cannot say what it would be. */
function labelOn(store: VolumeStore, name: string): string | undefined {
  try {
    return sourceLabel(store.source(name, formatOf(name)))
  } catch (error) {
    if (hasCode(error, 'not_found') || hasCode(error, 'invalid') || hasCode(error, 'unsupported'))
      return undefined
    throw error
  }
}

function elsewhere({ zone }: GuestDeps): string {
  const pools = zone.db.select().from(schema.storagePool).all()
  const places = pools.map(({ name, target }) => `'${name}' (${target})`).join(', ')
  return (
    `lies directly on none of the storage pools ${places}: move it onto one while the domain stands still, under a name of ` +
    "letters, digits, '.', '_' and '-', and name it in the definition (virsh edit), or make its directory a storage pool"
  )
}

async function judged(deps: GuestDeps, laid: LaidDisk): Promise<LaidDisk> {
  const { pool, name, volume, target, format } = laid
  const refused = (why: string): LaidDisk => ({
    ...laid,
    refusal: `disk ${target} '${name}' of pool '${pool}' ${why}`,
  })
  if (pool === null) return laid
  const store = deps.store(pool)
  if (format !== formatOf(name))
    return refused(`is ${format}: rename it, so that exactly the qcow2 ones end in '.qcow2'`)
  const taken = takenBy(deps, volume)
  if (taken) return refused(taken)
  if (!(await store.exists(name))) return refused('is not there')
  const info = await store.info(name)
  const { virtualSizeBytes: sizeBytes } = info
  if (sizeBytes % 512 !== 0)
    return refused(`has ${sizeBytes} bytes, which is no multiple of 512: grow it (qemu-img resize)`)
  if (info.parent !== null) {
    const parent = volumeNamed(deps.zone.db, pool, info.parent)
    return parent?.state === 'ready'
      ? { ...laid, sizeBytes, parent: parent.id }
      : refused(
          `stands on '${info.parent}', which is no recorded volume of the pool: adopt that first ` +
            `(POST /storage_pools/${pool}/volumes/${info.parent}/adopt)`,
        )
  }
  // Data files, encryption and the like, which a definition does not tell.
  const source = store.source(name, formatOf(name))
  if (source.kind === 'file' && format === 'qcow2') await deps.inspector.inspect(source.path)
  return { ...laid, sizeBytes }
}

function takenBy(deps: GuestDeps, volume: Volume | undefined): string | undefined {
  if (!volume) return undefined
  const { db } = deps.zone
  const owner = ownerNameOf(db, volume)
  if (owner !== '') return `belongs to ${volume.ownerKind} '${owner}'`
  if (volume.state !== 'ready') return `is ${volume.state}`
  return isInHand(db, volume) ? 'is in the hands of a task' : undefined
}
