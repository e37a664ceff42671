import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createAddressPools } from '../core/address-pools/address-pools.ts'
import { createAddressRanges } from '../core/address-pools/ranges.ts'
import { createBatches } from '../core/batches/batches.ts'
import { createCells } from '../core/compute-pools/cells.ts'
import type { AttachedStorage } from '../core/compute-pools/compute-pool.ts'
import { createComputePools } from '../core/compute-pools/compute-pools.ts'
import { localCellName } from '../core/compute-pools/default-pool.ts'
import { GuestMemory, withMemoryLeft } from '../core/compute-pools/memory.ts'
import { createPlacement } from '../core/compute-pools/placement.ts'
import { systemPrincipal } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { createCellStorages } from '../core/figures/cell-storage.ts'
import { withBridgesThere } from '../core/guests/connection.ts'
import type { GuestDeps } from '../core/guests/deps.ts'
import { createGuests } from '../core/guests/guests.ts'
import { LiveGuests } from '../core/guests/live.ts'
import { tasksOfOwnedGuests } from '../core/guests/owned-tasks.ts'
import { everyHostPort, parsePortRange } from '../core/guests/ports.ts'
import { withPreparedDisks } from '../core/guests/prepared.ts'
import { createHost } from '../core/host/host.ts'
import type { Hypervisor, HypervisorFacts } from '../core/hypervisor.ts'
import { createIdentity } from '../core/identity/identity.ts'
import { createImages } from '../core/images/images.ts'
import { createImageImports } from '../core/images/imports.ts'
import { createUploads } from '../core/images/uploads.ts'
import { createInstances } from '../core/instances/instances.ts'
import { Observed } from '../core/instances/observed.ts'
import { createJournal } from '../core/journal/journal.ts'
import { Findings } from '../core/ledger/findings.ts'
import { createLedger } from '../core/ledger/ledger.ts'
import { ensureRoom } from '../core/ledger/room.ts'
import { createLogs } from '../core/logs/logs.ts'
import { createMigrations } from '../core/migrations/migrations.ts'
import { createMonitorChannels } from '../core/monitor-channels/monitor-channels.ts'
import { openSecrets } from '../core/secrets/secrets.ts'
import { createSecurityPolicies } from '../core/security-policies/security-policies.ts'
import { createSettings } from '../core/settings/settings.ts'
import { createSnapshots } from '../core/snapshots/snapshots.ts'
import { StateDiskWatch } from '../core/state-disk/state-disk.ts'
import { createStoragePools } from '../core/storage-pools/storage-pools.ts'
import { createTaskService } from '../core/tasks/tasks.ts'
import { createTemplates } from '../core/templates/templates.ts'
import { createUnmanagedGuests } from '../core/unmanaged/unmanaged.ts'
import type { VolumeStore } from '../core/volumes.ts'
import { openDatabase } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import * as schema from '../db/schema.ts'
import { createImportFolder } from '../drivers/host/import-folder.ts'
import { loadSqliteBinding } from '../packaging/addons.ts'
import { Outbox } from '../tasks/outbox.ts'
import { TaskRunner, type TaskRunnerOptions } from '../tasks/runner.ts'
import { createLocalZone } from '../zone/local-zone.ts'
import type { Zone } from '../zone/zone.ts'
import type { Drivers } from './drivers.ts'
import { createHostFigures } from './figures.ts'
import type { RootLog } from './log.ts'
import { createReconcilers } from './reconcilers.ts'

export interface ApplianceOptions {
  dataDir: string
  /** Name for this host as a cell; the recorded one stays. */
  cellName: string
  drivers: Drivers
  log: RootLog
  taskHooks?: TaskRunnerOptions['hooks']
  now?: () => number
}

export type Appliance = ReturnType<typeof createAppliance>

/** Every service on one data directory and one set of drivers, wired but idle: see bring-up.ts. */
export function createAppliance({
  dataDir,
  cellName,
  drivers,
  log,
  taskHooks,
  now = Date.now,
}: ApplianceOptions) {
  const dirs = prepareDirs(dataDir)
  const database = openDatabase(join(dataDir, 'nacelle.db'), { nativeBinding: loadSqliteBinding() })
  const migrated = migrate(database.sqlite)
  const stateDisk = new StateDiskWatch({
    disk: drivers.stateDisk,
    // Quarantine counts as free space, so it goes before anything is refused.
    makeRoom: async (bytes) => {
      for (const { name, target } of zone.db.select().from(schema.storagePool).all())
        if (target.startsWith(`${dataDir}/`)) await ensureRoom({ zone, store, now }, name, bytes)
    },
    log,
    now,
  })
  const makeRoom = stateDisk.onFull
  const zone = createLocalZone({ sqlite: database.sqlite, db: database.db, clock: now, log, makeRoom })
  const settings = createSettings({ zone, log })
  const secrets = openSecrets(join(dataDir, 'secret.key'))
  const logs = createLogs({ zone, clock: now })
  const logLine = (who: string, text: string) =>
    logs.logChange({ who: { ...systemPrincipal, name: who }, address: '' }, text)
  const identity = createIdentity({ zone, db: database.db, settings, clock: now, logLine })
  const allowUrl = (url: URL) =>
    settings.get('callbacks.allow').some((host) => host === url.host || host === url.hostname)
  const outbox = new Outbox({ db: database.db, log, allowUrl, clock: now })
  const tasks = new TaskRunner({ db: database.db, log, outbox, clock: now, makeRoom, hooks: taskHooks })
  const storagePools = createStoragePools({ zone, secrets, open: drivers.openStore, now })
  const { store } = storagePools
  const cell = localCellName(zone, cellName)
  const live = new LiveGuests(drivers.hypervisor, now)
  const observed = new Observed({ zone, hypervisor: drivers.hypervisor, network: drivers.network, live })
  const findings = new Findings({ zone, store, now })
  const facts = holdFacts()
  const cellDeps = {
    zone,
    alive: (name: string) => name === cell,
    attached: async (_cell: string, storage: string) => attachedHere(store, storage),
    bridges: async (name: string) => (name === cell ? drivers.network.bridges() : undefined),
  }
  const memory = new GuestMemory({
    zone,
    live,
    memoryBytes: (name) => (name === cell ? facts.get().hostMemoryBytes : 0),
    overcommitPercent: () => settings.get('guest.memory_overcommit_percent'),
  })
  const guestDeps: GuestDeps = {
    zone,
    tasks: tasksOfOwnedGuests(tasks, zone, cell),
    hypervisor: guardedStarts({ drivers, zone, store, memory, live, cell }),
    network: drivers.network,
    seeds: drivers.seeds,
    inspector: drivers.inspector,
    secrets,
    live,
    observed,
    cell,
    placement: createPlacement({ ...cellDeps, memory, figuresOf: (name) => figures.ofCell(name) }),
    scratchDir: dirs.scratch,
    store,
    now,
    get facts() {
      return facts.get()
    },
    vncListen: () => settings.get('vnc.listen'),
    listeningPorts: drivers.listeningPorts,
    ensureRoom: (pool, bytes) => ensureRoom({ zone, store, now }, pool, bytes),
    filePool: storagePools.filePool,
    imagePool: storagePools.imagePool,
    logLine,
    limits: () => ({
      cores: settings.get('guest.max_cores'),
      memoryBytes: settings.get('guest.max_memory_gib') * 2 ** 30,
      hostMemoryBytes: facts.get().hostMemoryBytes,
      diskBytes: settings.get('guest.max_disk_gib') * 2 ** 30,
      forwardPorts: parsePortRange(settings.get('network.forward_ports')) ?? everyHostPort,
    }),
  }
  const imageDeps = {
    zone,
    tasks,
    inspector: drivers.inspector,
    store,
    imagePool: storagePools.imagePool,
    ensureRoom: guestDeps.ensureRoom,
    now,
  }
  const uploads = createUploads(imageDeps)
  const policies = createSecurityPolicies({
    ...{ zone, tasks, cell, now, log },
    hypervisor: drivers.hypervisor,
    routed: drivers.routedPolicies,
    logLine: guestDeps.logLine,
  })
  const { enforcer } = policies
  const reconcilers = createReconcilers({
    ...{ guestDeps, findings, settings, storagePools, uploads, enforcer, log },
  })
  const settle = async () => {
    await reconcilers.nudge('addresses')
    await reconcilers.nudge('firewall')
  }
  const poolDeps = { zone, network: drivers.network, settle }
  const computeDeps = {
    ...cellDeps,
    network: drivers.network,
    settle,
    isShared: (storage: string) => store(storage).capabilities.shared,
  }
  const figures = createHostFigures({
    ...{ dataDir, guestDeps, drivers, log },
    alive: computeDeps.alive,
    isShared: computeDeps.isShared,
    mayWrite: () => stateDisk.refusal() === undefined,
  })
  const computePools = createComputePools(computeDeps)
  const cells = createCells(computeDeps)
  return {
    figures,
    cellStorages: createCellStorages({ ...computeDeps, cells, computePools, dataDir }),
    dirs,
    database,
    migrated,
    zone,
    settings,
    secrets,
    logs,
    identity,
    outbox,
    tasks,
    taskService: createTaskService({ tasks }),
    storagePools,
    ledger: createLedger({ zone, store, now, inspector: drivers.inspector }, findings),
    journal: createJournal({ zone, sqlite: database.sqlite }),
    addressPools: createAddressPools(poolDeps),
    addressRanges: createAddressRanges(poolDeps),
    computePools,
    cells,
    templates: createTemplates({ zone, now }),
    cell,
    live,
    observed,
    facts,
    guestDeps,
    ...identity,
    imageDeps,
    images: createImages({ ...imageDeps, uploads, guests: guestDeps }),
    imports: createImageImports({ ...imageDeps, folder: createImportFolder(dirs.imports) }),
    uploads,
    guests: createGuests(guestDeps),
    unmanaged: createUnmanagedGuests(guestDeps),
    batches: createBatches(guestDeps, { parallel: () => settings.get('batch.parallel') }),
    migrations: createMigrations({ zone, cell }),
    instances: createInstances(guestDeps),
    host: createHost(guestDeps, settings),
    snapshots: createSnapshots(guestDeps),
    channels: createMonitorChannels(guestDeps),
    ...policies,
    reconcilers,
    stateDisk,
    drivers,
    log,
    now,
  }
}

/** Readable by nobody else, but passable: QEMU runs as a user of its own and opens disks below. */
function prepareDirs(dataDir: string) {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const dirs = {
    scratch: join(dataDir, 'scratch'),
    tls: join(dataDir, 'tls'),
    pool: join(dataDir, 'pools', 'local'),
    imports: join(dataDir, 'import'),
  }
  const ours = [dirs.scratch, dirs.tls, join(dirs.imports, 'media'), join(dirs.imports, 'disk')]
  for (const path of ours) mkdirSync(path, { recursive: true, mode: 0o700 })
  mkdirSync(dirs.pool, { recursive: true, mode: 0o711 })
  // The umask of the appliance takes the search permission of others away, and QEMU is one of them.
  for (const path of [dataDir, dirname(dirs.pool), dirs.pool]) chmodSync(path, statSync(path).mode | 0o011)
  return dirs
}

/** What the hypervisor is, known only once it has answered. */
function holdFacts() {
  let facts: HypervisorFacts | undefined
  return {
    set: (value: HypervisorFacts) => {
      facts = value
    },
    known: () => facts,
    get(): HypervisorFacts {
      if (!facts)
        throw new AppError('unavailable', 'the hypervisor has not answered yet: see `nacelle doctor`')
      return facts
    },
  }
}

interface StartGuards {
  drivers: Drivers
  zone: Zone
  store(name: string): VolumeStore
  memory: GuestMemory
  live: LiveGuests
  cell: string
}

/** What must hold before an instance may start, whoever starts it: there is memory, its bridge is there, its disks open. */
function guardedStarts({ drivers, zone, store, memory, live, cell }: StartGuards): Hypervisor {
  const prepared = withPreparedDisks(drivers.hypervisor, { zone, store })
  return withMemoryLeft(withBridgesThere(prepared, drivers.network), { memory, live, cell })
}

async function attachedHere(store: (name: string) => VolumeStore, name: string): Promise<AttachedStorage> {
  try {
    await store(name).usage()
    return { name, attached: true }
  } catch (error) {
    return { name, attached: false, error: (error as Error).message }
  }
}
