// Storage pools on the wire: the document's fields, and those of each type that it cannot say.
import * as v from 'valibot'
import { invalid } from '../../core/errors.ts'
import type {
  StoragePoolRequest,
  StoragePoolView,
  VisibleStoragePool,
} from '../../core/storage-pools/storage-pool.ts'
import { timeText } from './guest-wire.ts'
import { text } from './identity-schemas.ts'

const optional = (words: string) => v.optional(v.nullable(text(words)))

export const poolBody = {
  host: optional('NFS: the server. Ceph: its monitors. iSCSI: the portal. Empty for a directory.'),
  target: optional('Directory: its absolute path. NFS: the export. Ceph: the pool. iSCSI: the IQN.'),
  options: optional("NFS: options of the mount beyond the appliance's own, joined by commas."),
  monitors: v.optional(
    v.nullable(v.union([text('The same as `host`, joined by commas.'), v.array(text('One monitor.'))])),
  ),
  pool: optional('Ceph: the same as `target`.'),
  user: optional('Ceph: the cephx user, without `client.`.'),
  key: optional('Ceph: the key of the user. Never shown again.'),
  portal: optional('iSCSI: the same as `host`.'),
  iqn: optional('iSCSI: the same as `target`.'),
  chap_user: optional('iSCSI: the CHAP user, if the target asks for one.'),
  chap_secret: optional('iSCSI: the CHAP password. Never shown again.'),
  initiator_iqn: optional("iSCSI: the name that this host calls itself; the host's own by default."),
  initiator: optional(
    "iSCSI: `kernel` (block devices), `qemu` (QEMU's own, libiscsi), or `auto`: the kernel's where it is loaded.",
  ),
}

const bodySchema = v.object({ type: v.optional(v.string()), ...poolBody })
type PoolBody = v.InferOutput<typeof bodySchema>

/** Only what was given; throws `invalid` where two names of one field say different things. */
export function poolRequest(body: PoolBody): Partial<StoragePoolRequest> {
  const monitors = Array.isArray(body.monitors) ? body.monitors.join(',') : body.monitors
  const fields = {
    type: body.type,
    host: oneOf({ host: body.host, monitors, portal: body.portal }),
    target: oneOf({ target: body.target, pool: body.pool, iqn: body.iqn }),
    mountOptions: body.options,
    user: body.user,
    chapUser: body.chap_user,
    initiatorIqn: body.initiator_iqn,
    initiator: body.initiator,
    secret: oneOf({ key: body.key, chap_secret: body.chap_secret }),
  }
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  )
}

function oneOf(values: Record<string, string | null | undefined>): string | undefined {
  const given = Object.entries(values).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  const [first, other] = given
  if (first && other && first[1] !== other[1])
    throw invalid(other[0], `${first[0]} and ${other[0]} mean the same: give one of them`)
  return first?.[1] ?? (Object.values(values).includes('') ? '' : undefined) ?? undefined
}

const bytes = (words: string) => v.pipe(v.number(), v.description(words))

export const poolReply = v.object({
  name: v.string(),
  type: v.string(),
  host: v.string(),
  target: v.string(),
})

const capabilitiesReply = v.object({
  shared: v.boolean(),
  thin_clone: v.boolean(),
  snapshot: v.boolean(),
  snapshots: v.picklist(['layers', 'native', 'none']),
  online_resize: v.boolean(),
  incremental: v.boolean(),
  files: v.boolean(),
})

export const poolDetailReply = v.object({
  ...poolReply.entries,
  create_time: v.string(),
  options: v.optional(v.string()),
  user: v.optional(v.string()),
  chap_user: v.optional(v.string()),
  initiator_iqn: v.optional(v.string()),
  initiator: v.optional(v.string()),
  state: v.pipe(
    v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
    v.description('What the back end tells of itself: the initiator in use, whether the server answers.'),
  ),
  capabilities: capabilitiesReply,
  total: bytes('Bytes; 0 when the pool does not answer.'),
  free: bytes('Bytes, without what lies in quarantine.'),
  used: bytes('Bytes, with what lies in quarantine.'),
  virtual: bytes('Bytes that guests and images see; above `total`, the pool is over-committed.'),
  over_committed: v.boolean(),
  quarantined: bytes('Bytes of deleted volumes; given free when a creation needs them.'),
  error: v.pipe(v.string(), v.description('Why the pool does not answer; empty when it does.')),
})

/** The document's word for Ceph. */
const wireType = (type: VisibleStoragePool['type']) => (type === 'rbd' ? 'ceph' : type)

export const poolElement = ({ name, type, host, target }: VisibleStoragePool) => ({
  name,
  type: wireType(type),
  host,
  target,
})

export function poolDetail(pool: StoragePoolView) {
  const { capabilities } = pool
  const { totalBytes = 0, freeBytes = 0, quarantinedBytes = 0 } = pool.usage ?? {}
  return {
    ...poolElement(pool),
    create_time: timeText(pool.createdAt),
    ...ownFields(pool),
    state: Object.fromEntries(Object.entries(pool.state).map(([name, value]) => [snakeCase(name), value])),
    capabilities: {
      shared: capabilities.shared,
      thin_clone: capabilities.thinClone,
      snapshot: capabilities.snapshots !== 'none',
      snapshots: capabilities.snapshots,
      online_resize: capabilities.onlineResize,
      incremental: capabilities.incremental,
      files: capabilities.files,
    },
    total: totalBytes,
    free: freeBytes,
    used: totalBytes - freeBytes,
    virtual: pool.virtualBytes,
    over_committed: totalBytes > 0 && pool.virtualBytes > totalBytes,
    quarantined: quarantinedBytes,
    error: pool.error ?? '',
  }
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function ownFields({ options }: VisibleStoragePool): Record<string, string> {
  if (options.type === 'nfs') return { options: options.mountOptions }
  if (options.type === 'rbd') return { user: options.user }
  if (options.type === 'iscsi')
    return {
      chap_user: options.chapUser,
      initiator_iqn: options.initiatorIqn,
      initiator: options.initiator ?? 'auto',
    }
  return {}
}
