import { join } from 'node:path'
import type { HostMeter } from '../core/figures/figure.ts'
import type { Hypervisor } from '../core/hypervisor.ts'
import type { HostNetwork } from '../core/network.ts'
import type { StateDisk } from '../core/state-disk/state-disk.ts'
import type { StoragePool } from '../core/storage-pools/storage-pool.ts'
import type { RoutedPolicies } from '../core/traffic-filters.ts'
import type { ImageInspector, LunClaims, SeedBuilder, VolumeStore } from '../core/volumes.ts'
import { createSeedBuilder } from '../drivers/cloud-init/seed.ts'
import { setProcessObserver } from '../drivers/exec.ts'
import { createHostMeter } from '../drivers/host/meter.ts'
import { createStateDisk } from '../drivers/host/reserve.ts'
import { createLibvirt } from '../drivers/libvirt/hypervisor.ts'
import { createLibvirtSecrets } from '../drivers/libvirt/secrets.ts'
import { createRoutedPolicies } from '../drivers/nftables/policies.ts'
import { listeningPorts } from '../drivers/proc/listening.ts'
import { createInspector } from '../drivers/qemu-img/inspector.ts'
import { processObserver } from '../tasks/current.ts'
import { createHostNetwork } from './host-network.ts'
import type { RootLog } from './log.ts'
import { inspectorOf, openStore } from './stores.ts'

/** Everything of the host that core reaches through interfaces. */
export interface Drivers {
  hypervisor: Hypervisor
  network: HostNetwork
  routedPolicies: RoutedPolicies
  seeds: SeedBuilder
  inspector: ImageInspector
  /** `secret` in plain text, where the pool has one. */
  openStore(pool: StoragePool, secret: string | null, lunClaims: LunClaims): VolumeStore
  listeningPorts(): Promise<ReadonlySet<number>>
  /** Where the record lies. */
  stateDisk: StateDisk
  meter: HostMeter
}

export interface DriversOptions {
  /** libvirt's. */
  uri: string
  dataDir: string
  log: RootLog
}

export function createDrivers({ uri, dataDir, log }: DriversOptions): Drivers {
  setProcessObserver(processObserver)
  return {
    hypervisor: createLibvirt({ uri, log }),
    network: createHostNetwork({ uri, bootDirectory: join(dataDir, 'netboot') }),
    routedPolicies: createRoutedPolicies(),
    seeds: createSeedBuilder(),
    inspector: inspectorOf(createInspector()),
    openStore: (pool, secret, lunClaims) =>
      openStore(pool, {
        secret,
        lunClaims,
        directory: join(dataDir, 'stores', pool.name),
        libvirtSecrets: createLibvirtSecrets(uri),
        log,
      }),
    listeningPorts,
    stateDisk: createStateDisk(dataDir),
    meter: createHostMeter(),
  }
}
