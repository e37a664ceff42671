import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { flag, json, key, list, version } from './columns.ts'
import type {
  GroupSharing,
  GuestCloudInit,
  GuestDisk,
  GuestHardware,
  GuestQos,
  GuestSecurityPolicy,
  Quota,
  SecurityRule,
  SnapshotDefinition,
  SnapshotLayer,
  StoragePoolOptions,
} from './row-types.ts'

/** Rows that the whole zone shares. They change only through `zone.commit`; `version` is the revision that wrote them. */
export const setting = sqliteTable('setting', {
  name: key('name'),
  value: json<unknown>('value').notNull(),
  version: version(),
})

export const role = sqliteTable('role', {
  name: key('name'),
  menu: list('menu'),
  permissions: list('permissions'),
  version: version(),
})

export const userGroup = sqliteTable('user_group', {
  name: key('name'),
  display: text('display').notNull(),
  roles: list('roles'),
  /** The most that its guests may have together; null is no bound. */
  quota: json<Quota>('quota'),
  /** What its members share; null is everything. */
  sharing: json<GroupSharing>('sharing'),
  version: version(),
})

export const user = sqliteTable('user', {
  name: key('name'),
  id: text('id').notNull(),
  nick: text('nick').notNull(),
  mail: text('mail').notNull(),
  passwordHash: text('password_hash').notNull(),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

/** Key `<group>/<user>`. */
export const membership = sqliteTable('membership', {
  key: key(),
  group: text('group_name').notNull(),
  user: text('user_name').notNull(),
  version: version(),
})

export const token = sqliteTable('token', {
  id: key('id'),
  user: text('user_name').notNull(),
  name: text('name').notNull(),
  secretHash: text('secret_hash').notNull(),
  /** What the token may do of what its user may; null is everything. */
  permissions: json<string[]>('permissions'),
  expiresAt: integer('expires_at'),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

export const computePool = sqliteTable('compute_pool', {
  name: key('name'),
  enabled: flag('enabled'),
  networkMode: text('network_mode').$type<'plain' | 'share' | 'mono'>().notNull(),
  storage: text('storage'),
  network: text('network'),
  failover: flag('failover'),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

export const cell = sqliteTable('cell', {
  name: key('name'),
  pool: text('pool'),
  address: text('address').notNull(),
  enabled: flag('enabled'),
  /** The host's own bridge for guests of a pool with the network mode `plain`; null where it has none for them. */
  bridge: text('bridge'),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

export const storagePool = sqliteTable('storage_pool', {
  name: key('name'),
  type: text('type').$type<'dir' | 'nfs' | 'rbd' | 'iscsi'>().notNull(),
  /** Server (NFS), monitors joined by commas (RBD), portal (iSCSI); empty for a directory. */
  host: text('host').notNull(),
  /** Path (directory, NFS export), pool (RBD), IQN (iSCSI). */
  target: text('target').notNull(),
  /** What only this type has. */
  options: json<StoragePoolOptions>('options').notNull(),
  /** Ceph key or CHAP password, encrypted by core/secrets; null where none is needed. */
  secret: text('secret'),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

export const addressPool = sqliteTable('address_pool', {
  name: key('name'),
  gateway: text('gateway').notNull(),
  dns: list('dns'),
  provider: text('provider').$type<'dhcp' | 'cloudinit'>().notNull(),
  /** Name of the libvirt network that serves it, and its bridge. */
  network: text('network').notNull(),
  bridge: text('bridge').notNull(),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

/** Key `<pool>/<type>/<start>`. */
export const addressRange = sqliteTable('address_range', {
  key: key(),
  pool: text('pool').notNull(),
  type: text('type').$type<'internal' | 'external'>().notNull(),
  start: text('start').notNull(),
  end: text('end').notNull(),
  netmask: text('netmask').notNull(),
  version: version(),
})

/** Key `<pool>/<address>`: two guests can never hold one address. */
export const address = sqliteTable('address', {
  key: key(),
  pool: text('pool').notNull(),
  address: text('address').notNull(),
  /** External ones stand for a guest by 1:1 NAT. */
  type: text('type').$type<'internal' | 'external'>().notNull(),
  guest: text('guest').notNull(),
  mac: text('mac').notNull(),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

/** Media images (ISO) and disk images (templates). Names are unique within kind and group. */
export const image = sqliteTable('image', {
  id: key('id'),
  kind: text('kind').$type<'media' | 'disk'>().notNull(),
  name: text('name').notNull(),
  group: text('group_name').notNull(),
  owner: text('owner').notNull(),
  description: text('description').notNull(),
  tags: list('tags'),
  /** `empty` until its bytes have come; `building` while a task makes them. */
  state: text('state').$type<'empty' | 'building' | 'ready'>().notNull(),
  /** Volume row that holds the bytes. */
  volume: text('volume'),
  format: text('format'),
  sizeBytes: integer('size_bytes').notNull(),
  virtualSizeBytes: integer('virtual_size_bytes').notNull(),
  sha256: text('sha256'),
  createdAt: integer('created_at').notNull(),
  modifiedAt: integer('modified_at').notNull(),
  version: version(),
})

/** The guest's definition. Name is unique within its group; the MAC in the zone. */
export const guest = sqliteTable('guest', {
  id: key('id'),
  name: text('name').notNull(),
  group: text('group_name').notNull(),
  owner: text('owner').notNull(),
  pool: text('pool').notNull(),
  cell: text('cell').notNull(),
  /** Rises with each move to another cell. */
  epoch: integer('epoch').notNull(),
  state: text('state').$type<'creating' | 'ready' | 'resetting' | 'deleting'>().notNull(),
  cores: integer('cores').notNull(),
  memoryBytes: integer('memory_bytes').notNull(),
  disks: json<GuestDisk[]>('disks').notNull(),
  system: text('system').notNull(),
  systemVersion: text('system_version').notNull(),
  firmware: text('firmware').$type<'bios' | 'uefi'>().notNull(),
  machine: text('machine').notNull(),
  /** Template row that it was made by; null where none was named. */
  template: text('template'),
  /** Its virtual devices, as the template said when it was made. */
  hardware: json<GuestHardware>('hardware').notNull(),
  /** To how many a running instance can grow: planned into its domain at the start. */
  maxCores: integer('max_cores').notNull(),
  maxMemoryBytes: integer('max_memory_bytes').notNull(),
  /** Volume row of the UEFI variables. */
  nvram: text('nvram'),
  /** Volume row of the cloud-init seed. */
  seed: text('seed'),
  autoStart: flag('auto_start'),
  /** Higher ones start first and stop last with the host, 0–100. */
  startPriority: integer('start_priority').notNull(),
  /** Pause after its start before the next guest is started, with the host. */
  startDelaySeconds: integer('start_delay_seconds').notNull(),
  mac: text('mac').notNull(),
  addressPool: text('address_pool'),
  address: text('address'),
  /** Its own address outside, by 1:1 NAT (`mono`). */
  externalAddress: text('external_address'),
  modules: list('modules'),
  /** Words to find it by. */
  tags: list('tags'),
  cloudInit: json<GuestCloudInit>('cloud_init'),
  /** Encrypted by core/secrets; null where nothing is known. */
  adminSecret: text('admin_secret'),
  /** Last user whose password was set. */
  adminName: text('admin_name'),
  monitorSecret: text('monitor_secret').notNull(),
  qos: json<GuestQos>('qos').notNull(),
  ports: text('ports', { mode: 'json' }).$type<{ guest: number; host: number }[]>().notNull(),
  securityPolicyGroup: text('security_policy_group'),
  securityPolicy: json<GuestSecurityPolicy>('security_policy').notNull(),
  /** Media image in the removable drive. */
  media: text('media'),
  /** Name of the snapshot that the active layers stand on. */
  snapshot: text('snapshot'),
  createdAt: integer('created_at').notNull(),
  modifiedAt: integer('modified_at').notNull(),
  version: version(),
})

/** Rules that several guests share. Names are unique within the group. */
export const securityPolicyGroup = sqliteTable('security_policy_group', {
  id: key('id'),
  name: text('name').notNull(),
  description: text('description').notNull(),
  owner: text('owner').notNull(),
  group: text('group_name').notNull(),
  /** A disabled one has no effect on its guests. */
  enabled: flag('enabled'),
  /** Usable by everybody, not only by its owner and group. */
  global: flag('global'),
  defaultAction: text('default_action').$type<'accept' | 'reject'>().notNull(),
  rules: json<SecurityRule[]>('rules').notNull(),
  version: version(),
})

/** Profiles of guest systems. Names are unique. */
export const template = sqliteTable('template', {
  id: key('id'),
  name: text('name').notNull(),
  /** User whose password is set where none is named, e.g. `root`. */
  admin: text('admin').notNull(),
  system: text('system').$type<'linux' | 'windows'>().notNull(),
  /** The names that creations may give as `system_version`. */
  systemVersions: list('system_versions'),
  firmware: text('firmware').$type<'bios' | 'uefi'>().notNull(),
  hardware: json<GuestHardware>('hardware').notNull(),
  createdAt: integer('created_at').notNull(),
  modifiedAt: integer('modified_at').notNull(),
  version: version(),
})

export const snapshot = sqliteTable('snapshot', {
  id: key('id'),
  guest: text('guest').notNull(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  /** Name of the snapshot that it stands on. */
  parent: text('parent'),
  /** Whether the guest ran when it was taken. */
  running: flag('running'),
  consistency: text('consistency').$type<'crash' | 'filesystem'>().notNull(),
  layers: json<SnapshotLayer[]>('layers').notNull(),
  definition: json<SnapshotDefinition>('definition').notNull(),
  nvram: text('nvram'),
  memory: text('memory'),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

/**
 * The storage ledger: every volume that Nacelle made or adopted. What lies on a pool without a row is `unowned`;
 * a row whose volume is not there is `missing`: both are found by the reconciler and not stored here.
 */
export const volume = sqliteTable('volume', {
  id: key('id'),
  pool: text('pool').notNull(),
  /** Name on the pool, unique there. */
  name: text('name').notNull(),
  kind: text('kind').$type<'disk' | 'media' | 'image' | 'seed' | 'nvram' | 'memory'>().notNull(),
  state: text('state').$type<'creating' | 'ready' | 'quarantined'>().notNull(),
  /** Who it belongs to; kept after deletion so that undelete knows. */
  ownerKind: text('owner_kind').$type<'guest' | 'image' | 'snapshot' | 'none'>().notNull(),
  owner: text('owner').notNull(),
  format: text('format').$type<'qcow2' | 'raw'>().notNull(),
  sizeBytes: integer('size_bytes').notNull(),
  /** Volume row that this one is built on. */
  parent: text('parent'),
  /** A layer whose snapshot was deleted but on which several others stand. */
  hidden: flag('hidden'),
  quarantinedAt: integer('quarantined_at'),
  createdAt: integer('created_at').notNull(),
  version: version(),
})

/** Which LUN of an iSCSI pool is which volume; the row of a LUN without a volume says that it was wiped. */
export const lunClaim = sqliteTable('lun_claim', {
  /** `pool/lun`. */
  key: key('key'),
  pool: text('pool').notNull(),
  lun: integer('lun').notNull(),
  name: text('name').notNull(),
  state: text('state').$type<'making' | 'ready' | 'quarantined' | 'wiping' | 'free'>().notNull(),
  identity: text('identity').notNull(),
  wantedBytes: integer('wanted_bytes').notNull(),
  changedAt: integer('changed_at').notNull(),
  version: version(),
})

/** Lines that operators read and write at /logs/. */
export const logEntry = sqliteTable('log_entry', {
  id: key('id'),
  time: integer('time').notNull(),
  content: text('content').notNull(),
  version: version(),
})
