// A host with one guest's surroundings, for the proofs of the guest's tasks.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuestDeps } from '../../src/core/guests/deps.ts'
import { unlimitedQos } from '../../src/core/guests/guest.ts'
import { LiveGuests } from '../../src/core/guests/live.ts'
import { everyHostPort } from '../../src/core/guests/ports.ts'
import type { DiskSource, HypervisorFacts } from '../../src/core/hypervisor.ts'
import { Observed } from '../../src/core/instances/observed.ts'
import type { Secrets } from '../../src/core/secrets/secrets.ts'
import type { OpenDatabase } from '../../src/db/connect.ts'
import * as schema from '../../src/db/schema.ts'
import type { Tasks } from '../../src/tasks/saga.ts'
import { createLocalZone } from '../../src/zone/local-zone.ts'
import type { Change } from '../../src/zone/zone.ts'
import { type SimulatedHost, simulatedHost } from '../support/simulated-drivers.ts'

export interface GuestWorld extends SimulatedHost {
  directory: string
  facts: HypervisorFacts
  /** Changes of the host that a finished task may leave are judged against this. */
  before?: Leftovers
}

export async function makeGuestWorld(): Promise<GuestWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-proof-'))
  const host = simulatedHost(directory)
  await host.network.ensureNetwork({
    name: 'nacelle-default',
    bridge: 'nacelle0',
    gateway: '10.77.0.1',
    netmask: '255.255.255.0',
    dns: [],
    dhcp: true,
    hosts: [],
  })
  await host.volumes.create('image-debian.qcow2', { sizeBytes: 1 << 30, format: 'qcow2' })
  await host.volumes.create('image-cd.raw', { sizeBytes: 1 << 20, format: 'raw' })
  return { ...host, directory, facts: await host.drivers.hypervisor.facts() }
}

export const destroyGuestWorld = (world: GuestWorld) => rm(world.directory, { recursive: true, force: true })

export const noTasks = { holder: () => undefined, list: () => ({ tasks: [], total: 0 }) } as unknown as Tasks

/** The same in every world, so that parameters made in one serve in another. */
const plainSecrets: Secrets = {
  encrypt: (text, context) => `${context}=${text}`,
  decrypt: (sealed, context) => sealed.slice(context.length + 1),
}

let lines = 0

/** What a new life of the appliance would wire: nothing in it outlives a crash. */
export function guestDeps(world: GuestWorld, database: OpenDatabase): GuestDeps {
  const zone = createLocalZone({ sqlite: database.sqlite, db: database.db })
  const { hypervisor, network, seeds, inspector, openStore, listeningPorts } = world.drivers
  const live = new LiveGuests(hypervisor)
  return {
    zone,
    tasks: noTasks,
    hypervisor,
    network,
    seeds,
    inspector,
    secrets: plainSecrets,
    live,
    observed: new Observed({ zone, hypervisor, network, live }),
    cell: 'here',
    placement: { choose: async () => 'here' },
    scratchDir: world.directory,
    store: () =>
      openStore(
        {
          name: 'local',
          type: 'dir',
          host: '',
          target: '/simulated',
          options: { type: 'dir' as const },
          secret: null,
          createdAt: 0,
        } as never,
        null,
        { list: () => [], put: async () => undefined, forget: async () => undefined },
      ),
    now: () => 1_000,
    facts: world.facts,
    vncListen: () => '',
    listeningPorts,
    ensureRoom: async () => undefined,
    filePool: (storage) => storage,
    imagePool: () => 'local',
    logLine: (who, content): Change => {
      const id = `line-${++lines}`
      return {
        table: 'logEntry',
        key: id,
        before: null,
        after: { id, time: 0, content: `${who}: ${content}` },
      }
    },
    limits: () => ({
      cores: 8,
      memoryBytes: 2 ** 40,
      hostMemoryBytes: 2 ** 40,
      diskBytes: 2 ** 44,
      forwardPorts: everyHostPort,
    }),
  }
}

const put = (table: Change['table'], key: string, after: object): Change => ({
  table,
  key,
  before: null,
  after: after as Change['after'],
})

const volumeRow = (id: string, values: object) => ({
  id,
  pool: 'local',
  name: `${id}.qcow2`,
  kind: 'disk',
  state: 'ready',
  ownerKind: 'guest',
  owner: guestId,
  format: 'qcow2',
  sizeBytes: 1 << 30,
  parent: null,
  hidden: false,
  quarantinedAt: null,
  createdAt: 0,
  ...values,
})

const imageRow = (id: string, values: object) => ({
  id,
  group: 'manager',
  owner: 'admin',
  description: '',
  tags: [],
  state: 'ready',
  format: 'qcow2',
  sizeBytes: 1,
  virtualSizeBytes: 1 << 30,
  sha256: '',
  createdAt: 0,
  modifiedAt: 0,
  ...values,
})

export const guestId = '11111111-2222-4333-8444-555555555555'
export const imageId = 'aaaaaaaa-2222-4333-8444-555555555555'
export const mediaId = 'aaaaaaaa-3333-4333-8444-555555555555'

/** People, pools, an image: what a creation refers to. */
export async function prepareZone(database: OpenDatabase): Promise<void> {
  const zone = createLocalZone({ sqlite: database.sqlite, db: database.db })
  const info = { who: 'test', requestId: 'test', action: 'prepare' }
  await zone.commit(info, [
    put('userGroup', 'manager', { name: 'manager', display: '', roles: [] }),
    put('user', 'admin', { name: 'admin', id: 'admin', nick: '', mail: '', passwordHash: '', createdAt: 0 }),
    put('storagePool', 'local', {
      name: 'local',
      type: 'dir',
      host: '',
      target: '/simulated',
      options: { type: 'dir' as const },
      secret: null,
      createdAt: 0,
    }),
    put('addressPool', 'default', {
      name: 'default',
      gateway: '10.77.0.1',
      dns: [],
      provider: 'dhcp',
      network: 'nacelle-default',
      bridge: 'nacelle0',
      createdAt: 0,
    }),
    put('addressRange', 'default/internal/10.77.0.10', {
      key: 'default/internal/10.77.0.10',
      pool: 'default',
      type: 'internal',
      start: '10.77.0.10',
      end: '10.77.0.20',
      netmask: '255.255.255.0',
    }),
    put('computePool', 'default', {
      name: 'default',
      enabled: true,
      networkMode: 'share',
      storage: 'local',
      network: 'default',
      failover: false,
      createdAt: 0,
    }),
    put('cell', 'here', { name: 'here', pool: 'default', address: '127.0.0.1', enabled: true, createdAt: 0 }),
    put(
      'volume',
      'image-debian',
      volumeRow('image-debian', { kind: 'image', ownerKind: 'image', owner: imageId }),
    ),
    put('image', imageId, imageRow(imageId, { kind: 'disk', name: 'debian', volume: 'image-debian' })),
    put(
      'volume',
      'image-cd',
      volumeRow('image-cd', {
        name: 'image-cd.raw',
        kind: 'image',
        ownerKind: 'image',
        owner: mediaId,
        format: 'raw',
        sizeBytes: 1 << 20,
      }),
    ),
    put(
      'image',
      mediaId,
      imageRow(mediaId, { kind: 'media', name: 'cd', volume: 'image-cd', format: 'raw' }),
    ),
  ])
}

export const request = {
  name: 'web1',
  owner: 'admin',
  group: 'manager',
  pool: 'default',
  cores: 1,
  memoryBytes: 256 << 20,
  diskBytes: [2 ** 31, 2 ** 30],
  autoStart: true,
  system: 'linux',
  systemVersion: '',
  firmware: 'uefi' as const,
  fromImage: imageId,
  ports: [22],
  modules: ['cloud-init'],
  tags: ['blue'],
  qos: unlimitedQos,
}

export interface Leftovers {
  guests: string[]
  volumes: string[]
  addresses: string[]
  snapshots: string[]
  onPool: string[]
  inQuarantine: string[]
  partial: string[]
  domains: string[]
  /** What the record says of the guest's hardware, what libvirt's definition says of it, and what lies in the live drive. */
  hardware: string[]
  hosts: string[]
  /** MACs that are offered something to boot. */
  offers: string[]
}

const pathOf = (source: DiskSource | undefined) => (source?.kind === 'file' ? source.path : source)

/** Everything that a task could leave behind, in the record and in the world. */
export async function leftovers(world: GuestWorld, database: OpenDatabase): Promise<Leftovers> {
  const { db } = database
  const networks = await world.network.networks()
  return {
    guests: db
      .select()
      .from(schema.guest)
      .all()
      .map((row) => `${row.name} ${row.state} ${row.snapshot}`),
    volumes: db
      .select()
      .from(schema.volume)
      .all()
      .map((row) => `${row.name} ${row.state}${row.hidden ? ' hidden' : ''} on ${row.parent}`)
      .sort(),
    addresses: db
      .select()
      .from(schema.address)
      .all()
      .map((row) => row.guest),
    snapshots: db
      .select()
      .from(schema.snapshot)
      .all()
      .map((row) => row.name)
      .sort(),
    onPool: [...world.volumes.inUse.keys()].sort(),
    inQuarantine: [...world.volumes.quarantined.keys()].sort(),
    partial: [...world.volumes.partials.keys()],
    domains: [...world.hypervisor.world.domains.values()].map((domain) => `${domain.name} ${domain.state}`),
    hardware: [
      ...db
        .select()
        .from(schema.guest)
        .all()
        .map((row) => `recorded: ${row.cores} cores, ${row.memoryBytes} bytes, medium ${row.media}`),
      ...[...world.hypervisor.world.domains.values()].map(
        ({ defined, state, mediaPath }) =>
          `defined: ${defined?.cores} cores, ${defined?.memoryBytes} bytes, medium ${pathOf(defined?.media)}; in the drive ${state === 'running' ? mediaPath : null}`,
      ),
    ],
    hosts: networks.flatMap((network) => network.hosts.map((host) => host.mac)),
    offers: await world.network.bootOffers(),
  }
}

/** The ledger's own rule: what is recorded as ready or in quarantine is there, and nothing else is. */
export function ledgerProblems(world: GuestWorld, database: OpenDatabase): string[] {
  const rows = database.db.select().from(schema.volume).all()
  const recorded = (state: string) =>
    new Set(rows.filter((row) => row.state === state).map((row) => row.name))
  const compare = (what: string, names: Set<string>, there: Iterable<string>) => {
    const present = new Set(there)
    return [
      ...[...names]
        .filter((name) => !present.has(name))
        .map((name) => `${name} is recorded as ${what} but is not there`),
      ...[...present]
        .filter((name) => !names.has(name))
        .map((name) => `${name} is ${what} but not recorded so`),
    ]
  }
  const parents = rows
    .filter((row) => row.state === 'ready' && row.kind === 'disk')
    .filter((row) => {
      const parent = rows.find((other) => other.id === row.parent)?.name ?? null
      return world.volumes.inUse.get(row.name)?.parent !== parent
    })
    .map((row) => `${row.name} stands on another parent than recorded`)
  return [
    ...compare('ready', recorded('ready'), world.volumes.inUse.keys()),
    ...compare('quarantined', recorded('quarantined'), world.volumes.quarantined.keys()),
    ...[...recorded('creating')].map((name) => `${name} is still being created`),
    ...parents,
  ]
}
