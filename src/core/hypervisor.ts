import type { GuestHardware } from '../db/row-types.ts'
import type { Log } from './context.ts'
import type { HypervisorCommands } from './hypervisor-commands.ts'
import type { GuestFilters, TrafficPolicy } from './traffic-filters.ts'
import type { ForeignDomains } from './unmanaged/found-domain.ts'

/** What core needs of a hypervisor. Fulfilled by drivers/libvirt and, behaving, by drivers/simulated. */
export interface Hypervisor {
  /** Facts of the host, probed once at start. `accelerator` is `kvm` only after KVM has really run. */
  facts(): Promise<HypervisorFacts>
  /** Makes or replaces the persistent definition; repeatable. A running instance keeps its own until it stops. */
  define(spec: DomainSpec): Promise<void>
  /**
   * Removes the definition (never disks); repeatable: an absent domain is success. What its TPM keeps goes with it, unless
   * it is to be defined again.
   */
  undefine(id: string, options?: { again: boolean }): Promise<void>
  /** Defines and starts; success when it runs already. Throws `insufficient_capacity` where QEMU cannot allocate. */
  start(spec: DomainSpec): Promise<void>
  /** Starts from a memory image made by `saveSnapshotMemory`, with the disks of `spec`. */
  restore(spec: DomainSpec, memoryPath: string): Promise<void>
  /** Ends at once (kill); success when it does not run. */
  destroy(id: string): Promise<void>
  /** Asks for an orderly stop (agent if it answers, else ACPI); returns before it has happened. */
  shutdown(id: string): Promise<void>
  reboot(id: string): Promise<void>
  reset(id: string): Promise<void>
  /** Holds the cores still; what the guest has written is flushed. Success when it is paused already. */
  pause(id: string): Promise<void>
  /** Success when it runs. */
  resume(id: string): Promise<void>
  state(id: string): Promise<DomainState>
  /** Why it is in its state, and which disks of a paused one have failed for want of room. */
  stateReason(id: string): Promise<StateReason>
  /** Its XML as the host has it now, without passwords. Throws `not_found`. */
  definition(id: string): Promise<string>
  /** Every domain of this host, also those that Nacelle did not make; one call. */
  list(): Promise<DomainSummary[]>
  /** Live figures of the running domains; one call for all. Counters are cumulative. */
  stats(ids?: readonly string[]): Promise<DomainStats[]>
  /** Puts a medium into the removable drive of a running domain, or ejects (`null`). */
  changeMedia(id: string, source: DiskSource | null): Promise<void>
  /** What a running domain has now, and how far it can grow. Throws `conflict` for one that does not run. */
  liveSize(id: string): Promise<LiveSize>
  /**
   * Makes a running domain in one respect what `spec` says, without a restart; repeatable. Throws `unsupported` or
   * `unavailable` with the field `immediate` where the guest does not follow.
   */
  adjust(spec: DomainSpec, what: Adjustable): Promise<void>
  /** Grows the block device of a running domain. */
  resizeDisk(id: string, target: string, sizeBytes: number): Promise<void>
  /** Where the graphical console of a running domain listens now (it changes with each start). */
  display(id: string): Promise<DisplayAddress>
  /** A serial console session; one at a time for a domain. */
  serial(id: string, size: { columns: number; rows: number }): Promise<Terminal>
  agent: GuestAgent
  /** What the changes here would run. */
  commands: HypervisorCommands
  /** What cards of guests are held to; a definition or start brings its guest's filter along. */
  filters: GuestFilters
  snapshots: LiveSnapshots
  foreign: ForeignDomains
  /** Calls the listener for each change of a domain until the signal aborts; reconnects by itself. */
  watch(listener: (event: DomainEvent) => void, signal: AbortSignal, log: Log): void
}

export interface HypervisorFacts {
  accelerator: 'kvm' | 'tcg'
  /** Why KVM is not used, for the doctor and the UI; empty with KVM. */
  acceleratorReason: string
  /** Full machine types to record in new guests, e.g. `pc-q35-7.2`. */
  machines: { q35: string; pc: string }
  /** E.g. `x86_64`. */
  architecture: string
  libvirtVersion: string
  qemuVersion: string
  hostCores: number
  hostMemoryBytes: number
  /** Whether UEFI firmware is installed. */
  uefi: boolean
  /** Fresh UEFI variables, copied for each new guest; only with `uefi`. */
  nvramTemplate?: string
  /** The same with the keys of secure boot enrolled. */
  secureNvramTemplate?: string
  /** Whether a TPM can be emulated (swtpm). */
  tpm: boolean
}

export type DomainState = 'absent' | 'stopped' | 'running' | 'paused' | 'stopping' | 'crashed'

export interface StateReason {
  state: DomainState
  /** In the hypervisor's words: `user`, `I/O error`, `booted`… */
  reason: string
  /** Targets whose last write found no space. */
  fullDisks: string[]
}

export interface LiveSize {
  cores: number
  maxCores: number
  /** Plugged into the domain, and of that given to the guest by the balloon. */
  memoryBytes: number
  givenMemoryBytes: number
  maxMemoryBytes: number
}

/** `display` is the password of its console. */
export type Adjustable = 'cores' | 'memory' | 'cpuPriority' | 'diskRates' | 'networkRates' | 'display'

export interface DomainSummary {
  id: string
  name: string
  state: DomainState
}

export interface DomainStats {
  id: string
  state: DomainState
  cpuTimeNs: number
  cores: number
  /** Memory given to the guest, and of it unused as the guest's balloon driver says (0 when unknown). */
  memoryBytes: number
  memoryAvailableBytes: number
  bytesRead: number
  bytesWritten: number
  readOperations: number
  writeOperations: number
  bytesReceived: number
  bytesSent: number
  disks: { target: string; capacityBytes: number; allocationBytes: number }[]
}

export type DisplayAddress = { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number }

export interface DomainEvent {
  id: string
  kind: 'lifecycle' | 'agent' | 'reboot' | 'block-job' | 'device' | 'io-error' | 'other'
  /** As libvirt says it, e.g. `Started Booted`, `Stopped Destroyed`. */
  detail: string
}

export type DiskSource =
  | { kind: 'file'; path: string; format: 'qcow2' | 'raw' }
  | { kind: 'block'; path: string; format: 'raw' }
  /** QEMU speaks the protocol itself. `name` is `<pool>/<image>` (RBD) or `<IQN>/<LUN>` (iSCSI). */
  | NetworkSource

export interface NetworkSource {
  kind: 'network'
  protocol: 'rbd' | 'iscsi'
  name: string
  hosts: { name: string; port: number }[]
  /** The key or password lies in a secret of libvirt, under this UUID. */
  auth?: { user: string; secretUuid: string; type: 'ceph' | 'chap' }
  initiatorIqn?: string
  format: 'raw'
}

/** One text for what a source opens: a path, or `<protocol>:<name>`. Two guests must never have the same one open. */
export const sourceLabel = (source: DiskSource): string =>
  source.kind === 'network' ? `${source.protocol}:${source.name}` : source.path

export interface DomainSpec {
  id: string
  /** Libvirt's name: `<group>.<name>`, unique on the host. */
  domainName: string
  accelerator: 'kvm' | 'tcg'
  machine: string
  firmware: 'bios' | 'uefi'
  /** The guest's own UEFI variables; only with `uefi`. The file exists (made from the template) before start. */
  nvramPath?: string
  hardware: GuestHardware
  cores: number
  memoryBytes: number
  /** How far the running domain can grow without a restart. */
  maxCores: number
  maxMemoryBytes: number
  /** In order; the first is `vda`. Their `serial` lets the guest find them. */
  disks: DomainDisk[]
  /** cloud-init seed: read-only, virtio-scsi. */
  seed?: DiskSource
  /** The removable drive is always there (virtio-scsi `sda`); this is what lies in it. */
  media?: DiskSource
  network?: DomainNic
  /** What to boot first, this time. */
  boot: 'disk' | 'media' | 'network'
  /** Unix socket, unless a setting opens a TCP port for outside viewers (then with the password). */
  display: { kind: 'unix' } | { kind: 'tcp'; listen: string; password: string }
  /** Weight and limits; absent means unlimited. Bytes per second, operations per second. */
  qos?: DomainQos
}

export interface DomainDisk {
  target: string
  source: DiskSource
  serial: string
}

export interface DomainNic {
  mac: string
  /** Libvirt network, or a bridge of the host. */
  source: { kind: 'network'; name: string } | { kind: 'bridge'; name: string }
  /** The only address that the guest may use, where it is known (anti-spoofing). */
  address?: string
  /** What may reach it; everything when left out. */
  policy?: TrafficPolicy
}

export interface DomainQos {
  cpuPriority?: 'high' | 'medium' | 'low'
  readBytesPerSecond?: number
  writeBytesPerSecond?: number
  readIops?: number
  writeIops?: number
  totalIops?: number
  receiveBytesPerSecond?: number
  sendBytesPerSecond?: number
}

/** Commands to the agent inside the guest. All throw `unavailable` with a mend when no agent answers in time. */
export interface GuestAgent {
  ping(id: string, timeoutMs: number): Promise<boolean>
  setPassword(id: string, user: string, password: string): Promise<void>
  /** Addresses of the guest's interfaces, without loopback and link-local ones. */
  addresses(id: string): Promise<{ mac: string; address: string; prefix: number }[]>
  /** Freezes all file systems; returns how many. */
  freeze(id: string): Promise<number>
  thaw(id: string): Promise<void>
  /** Lets all file systems give back what they do not use. */
  trim(id: string): Promise<void>
}

/** What only a running domain can do to its disks. No libvirt metadata is kept; our record is the tree. */
export interface LiveSnapshots {
  /**
   * Switches every disk of a running domain to a new overlay in one atomic step; with `memoryPath` also saves its
   * memory, consistent with the disks. The overlays' files must not exist; they are made by QEMU.
   */
  create(id: string, request: LiveSnapshotRequest): Promise<void>
  /** Writes the memory of a paused domain to a file that does not exist yet; its disks stay as they are. */
  saveMemory(id: string, memoryPath: string): Promise<void>
  /** Whether the file holds all of a guest's memory; false where its saving was cut, or there is no file. */
  isMemoryWhole(memoryPath: string): Promise<boolean>
  /** The disk chains that QEMU really has open now, top first. */
  chains(id: string): Promise<{ target: string; files: string[] }[]>
  /**
   * The file that the persistent definition names for each disk, of a domain that runs or not. It follows the running
   * domain: after a switch it is the overlay, after a commit of the active layer its base.
   */
  defined(id: string): Promise<{ target: string; file: string }[]>
  /** Pulls everything between the active layer and `basePath` (exclusive; none: the whole chain) into the active one. */
  pull(
    id: string,
    target: string,
    basePath: string | null,
    progress: (percent: number) => void,
  ): Promise<void>
  /**
   * Merges the layer `topPath` down into `basePath`; what lies on `topPath` then lies on `basePath`. Where `topPath` is
   * the active layer the domain is pivoted to `basePath`. Success when `topPath` is no longer in the chain.
   */
  commit(
    id: string,
    target: string,
    layers: { topPath: string; basePath: string },
    progress: (percent: number) => void,
  ): Promise<void>
}

export interface LiveSnapshotRequest {
  disks: { target: string; overlayPath: string }[]
  memoryPath?: string
  /** Freeze the file systems through the agent while the disks switch. */
  quiesce: boolean
}

/** A terminal: bytes both ways. */
export interface Terminal {
  write(data: string | Uint8Array): void
  resize(columns: number, rows: number): void
  onData(listener: (data: string) => void): void
  onExit(listener: () => void): void
  pause(): void
  resume(): void
  close(): void
}
