import type { Tasks } from '../../tasks/saga.ts'
import type { Change } from '../../zone/zone.ts'
import type { Placement } from '../compute-pools/placement.ts'
import type { Hypervisor } from '../hypervisor.ts'
import type { Observed } from '../instances/observed.ts'
import type { HostNetwork } from '../network.ts'
import type { ImageInspector, SeedBuilder } from '../volumes.ts'
import type { LiveGuests } from './live.ts'
import type { GuestLimits } from './rules.ts'
import type { SpecSources } from './spec.ts'

/** What the guest's services and tasks stand on; wired once by main. */
export interface GuestDeps extends SpecSources {
  tasks: Tasks
  hypervisor: Hypervisor
  network: HostNetwork
  seeds: SeedBuilder
  inspector: ImageInspector
  live: LiveGuests
  /** Name of the cell that this appliance is. */
  cell: string
  /** Chooses the cell of a new guest. */
  placement: Placement
  /** Private directory for files on their way to a pool. */
  scratchDir: string
  now(): number
  /** Makes room on a pool by purging quarantine; throws `insufficient_capacity` with the figures. */
  ensureRoom(pool: string, bytes: number): Promise<void>
  /** Where the files of a guest on this pool go (UEFI variables, seed, memory): there, or on one that keeps files. */
  filePool(storage: string): string
  /** Where new images go. */
  imagePool(): string
  /** A line for /logs/ to go with a commit. */
  logLine(who: string, text: string): Change
  observed: Observed
  /** TCP ports of the host that something listens on. */
  listeningPorts(): Promise<ReadonlySet<number>>
  /** The most that a guest may ask for. */
  limits(): GuestLimits
}
