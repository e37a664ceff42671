import { invalid } from '../errors.ts'
import { directoryType } from './directory-type.ts'
import { iscsiType } from './iscsi-type.ts'
import { nfsType } from './nfs-type.ts'
import { rbdType } from './rbd-type.ts'
import type { CheckedPool, StoragePool, StoragePoolRequest } from './storage-pool.ts'

/** What core knows of one type of pool; the driver of each is chosen in main/drivers.ts. */
export interface PoolType {
  /** Fields of a request that this type takes, beside `type`; others are refused by name. */
  fields: readonly (keyof StoragePoolRequest)[]
  /**
   * Everything that can be said of a request without looking at the host or network; throws `invalid` naming the field.
   * `secretUuid` names libvirt's secret; it stays the same for the life of the pool.
   */
  check(request: StoragePoolRequest, secretUuid: string): CheckedPool
  /** Whether a secret must, may not, or need not come with what was checked. */
  secret(checked: CheckedPool): 'needed' | 'none'
  /** Two pools on the same storage would each report, and purge, the other's volumes. */
  overlaps(a: CheckedPool, b: CheckedPool): boolean
  /** For people, e.g. `directory pool at /srv`. */
  describe(pool: CheckedPool): string
}

type TypeName = StoragePool['type']

export const poolTypes: Record<TypeName, PoolType> = {
  dir: directoryType,
  nfs: nfsType,
  rbd: rbdType,
  iscsi: iscsiType,
}

const aliases: Record<string, TypeName> = {
  dir: 'dir',
  local: 'dir',
  nfs: 'nfs',
  rbd: 'rbd',
  ceph: 'rbd',
  iscsi: 'iscsi',
}

/** The type that a caller means; throws `invalid` with the list. */
export function poolTypeNamed(name: string): TypeName {
  const found = Object.hasOwn(aliases, name) ? aliases[name] : undefined
  if (found) return found
  throw invalid(
    'type',
    "type must be 'dir' (or 'local'), 'nfs', 'ceph' (or 'rbd') or 'iscsi': other storage pools are not known here",
  )
}

/** As people know them. */
const fieldNames = {
  host: 'host',
  target: 'target',
  mountOptions: 'options',
  user: 'user',
  chapUser: 'chap_user',
  initiatorIqn: 'initiator_iqn',
  initiator: 'initiator',
  secret: 'key',
} satisfies Partial<Record<keyof StoragePoolRequest, string>>

/** Refuses fields of another type: a NFS pool with a Ceph user is a mistake, not a wish. */
export function checkFields(type: TypeName, request: StoragePoolRequest): void {
  for (const [field, name] of Object.entries(fieldNames) as [keyof typeof fieldNames, string][])
    if (request[field] && !poolTypes[type].fields.includes(field))
      throw invalid(name, `a storage pool of type '${type}' has no '${name}': leave it out`)
}
