import { virtioHardware } from '../../src/core/guests/hardware.ts'
import type * as schema from '../../src/db/schema.ts'
import type { Change } from '../../src/zone/zone.ts'

interface GuestOptions {
  id: string
  address: string
  cell: string
  /** Address pool. */
  pool: string
}

/** Everything that a guest with an address needs in the record; its MAC ends in the last octet of the address. */
export function guestRow({ id, address, cell, pool }: GuestOptions): Change[] {
  const mac = macOf(address)
  const key = `${pool}/${address}`
  return [
    ...surroundings(cell),
    { table: 'guest', key: id, before: null, after: guest({ id, address, cell, pool, mac }) },
    {
      table: 'address',
      key,
      before: null,
      after: { key, pool, address, type: 'internal', guest: id, mac, createdAt: 0 },
    },
  ]
}

const macOf = (address: string) =>
  `52:54:00:00:00:${Number(address.split('.')[3]).toString(16).padStart(2, '0')}`

const surroundings = (cell: string): Change[] => [
  { table: 'userGroup', key: 'g', before: null, after: { name: 'g', display: 'g', roles: [] } },
  {
    table: 'user',
    key: 'u',
    before: null,
    after: { name: 'u', id: 'u', nick: '', mail: '', passwordHash: '', createdAt: 0 },
  },
  {
    table: 'computePool',
    key: 'host',
    before: null,
    after: {
      name: 'host',
      enabled: true,
      networkMode: 'share',
      storage: null,
      network: null,
      failover: false,
      createdAt: 0,
    },
  },
  {
    table: 'cell',
    key: cell,
    before: null,
    after: { name: cell, pool: 'host', address: '192.0.2.2', enabled: true, bridge: null, createdAt: 0 },
  },
]

const guest = (
  options: GuestOptions & { mac: string },
): Omit<typeof schema.guest.$inferSelect, 'version'> => ({
  id: options.id,
  name: options.id,
  group: 'g',
  owner: 'u',
  pool: 'host',
  cell: options.cell,
  epoch: 1,
  state: 'ready',
  cores: 1,
  memoryBytes: 1 << 27,
  disks: [],
  system: 'linux',
  systemVersion: '',
  firmware: 'bios',
  machine: 'pc-q35-7.2',
  template: null,
  hardware: virtioHardware,
  maxCores: 1,
  maxMemoryBytes: 1 << 27,
  nvram: null,
  seed: null,
  autoStart: false,
  startPriority: 50,
  startDelaySeconds: 0,
  mac: options.mac,
  addressPool: options.pool,
  address: options.address,
  externalAddress: null,
  modules: [],
  tags: [],
  cloudInit: null,
  adminSecret: null,
  adminName: null,
  monitorSecret: '',
  qos: {
    cpuPriority: 'medium',
    readBytesPerSecond: 0,
    writeBytesPerSecond: 0,
    readIops: 0,
    writeIops: 0,
    totalIops: 0,
    receiveBytesPerSecond: 0,
    sendBytesPerSecond: 0,
  },
  ports: [],
  securityPolicyGroup: null,
  securityPolicy: { defaultAction: null, rules: [] },
  media: null,
  snapshot: null,
  createdAt: 0,
  modifiedAt: 0,
})
