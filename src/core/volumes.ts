import type { Log } from './context.ts'
import type { DiskSource } from './hypervisor.ts'
import type { VolumeCommands } from './volume-commands.ts'

/**
 * One storage pool, as core uses it. A volume is named by its pool-wide unique `name`, chosen by core, e.g.
 * `disk-<uuid>.qcow2`; the ending says the format (volume-names.ts). Its identity in the record is the volume row. Every
 * call is repeatable: making what is there already (with the same shape) and removing what is gone are successes. What
 * is made half is not there.
 */
export interface VolumeStore {
  capabilities: StoreCapabilities
  /** Creates directories and the like; throws AppError naming what fails and its mend. */
  probe(): Promise<void>
  usage(): Promise<StoreUsage>
  /** Every volume on the back end, whoever made it: for the ledger. Quarantined ones included. */
  list(): Promise<StoredVolume[]>
  exists(name: string): Promise<boolean>
  create(name: string, request: { sizeBytes: number; format: 'qcow2' | 'raw' }): Promise<void>
  /**
   * Thin: an overlay or clone of `parent`, or of one of its native snapshots; `unsupported` where the back end cannot.
   * What the clone needs of its parent (a protected snapshot) is made here and goes with the last clone.
   */
  clone(name: string, request: CloneRequest): Promise<void>
  /** Full copy of a stopped volume with all its layers into a new, independent, compressed-where-possible one. */
  copy(name: string, request: CopyRequest, progress: Progress, signal: AbortSignal): Promise<void>
  /** Grows (never shrinks) a volume that no instance has open. */
  resize(name: string, sizeBytes: number): Promise<void>
  /** Moves the volume's own layer onto another parent, keeping its content (`qemu-img rebase`); no instance has it open. */
  rebase(name: string, parent: string | null, progress: Progress, signal: AbortSignal): Promise<void>
  /** Changes only the recorded parent, after the content was merged by other means (`qemu-img rebase -u`). */
  relink(name: string, parent: string | null): Promise<void>
  /**
   * Writes the volume's own layer into its parent, which then holds the content of both, and removes the volume; no
   * instance has them open, and nothing else stands on the parent. Cut in the middle, both are as good as before: a
   * repeat writes it all again. One that is gone has been merged.
   */
  commit(name: string, progress: Progress, signal: AbortSignal): Promise<void>
  /**
   * Writes the volume's own layer anew without what is empty in it; no instance has it open. Absent where a volume always
   * takes its full size.
   */
  compact?(name: string, progress: Progress, signal: AbortSignal): Promise<void>
  /** Copies a small file of the host (NVRAM) in or out; atomic. `unsupported` without `capabilities.files`. */
  importFile(name: string, path: string): Promise<void>
  exportFile(name: string, path: string): Promise<void>
  info(name: string): Promise<VolumeInfo>
  /** Moves out of sight, recoverable; `undelete` brings it back; `purge` removes a quarantined one for good. */
  quarantine(name: string): Promise<void>
  undelete(name: string): Promise<void>
  purge(name: string): Promise<void>
  /** Removes at once; only for what never held anything of value (a failed create). */
  remove(name: string): Promise<void>
  /** How QEMU opens it. */
  source(name: string, format: 'qcow2' | 'raw'): DiskSource
  /** How `qemu-img` on this host opens it (or a native snapshot of it), for a copy to another pool; `prepare`d by the call. */
  location(name: string, snapshot?: string): Promise<VolumeLocation>
  /**
   * Makes `source` usable on this host before an instance starts: the mount, the login, libvirt's secret. Repeatable,
   * and with a deadline of its own. Absent where nothing is needed.
   */
  prepare?(name: string): Promise<void>
  /** The pool is forgotten: unmounts, logs out, removes libvirt's secret. Repeatable. Absent where nothing is held. */
  release?(): Promise<void>
  /** Puts back what the host has lost of it (a mount, a session); cheap where nothing is lost. Absent where nothing can be. */
  keep?(): Promise<void>
  /** What an operator may want to see beside the figures, e.g. which initiator is used; never a secret. */
  state?(): Record<string, string | number | boolean>
  /** What the changes here would run. Absent where only the work itself can tell (which LUN is taken). */
  commands?: VolumeCommands
  /** Present exactly where `capabilities.snapshots` is `native`. */
  snapshots?: NativeSnapshots
  /**
   * An upload target: written in order, sealed by `finish` (synced, renamed), or thrown away. With `wholeBytes` the whole
   * content comes at once, about so many bytes: what an earlier one left is thrown away, and room may be set aside, so that
   * a crash leaves a file that cannot be gone on with.
   */
  openUpload(name: string, wholeBytes?: number): Promise<UploadTarget>
  /** A stream of the stored bytes as they are, from `offset`. */
  read(
    name: string,
    range?: { start: number; end: number },
  ): Promise<{ stream: AsyncIterable<Uint8Array>; sizeBytes: number }>
}

export type Progress = (percent: number) => void

export interface CloneRequest {
  parent: string
  /** Native snapshot of the parent; without it the parent as it is, which nothing may write any more. */
  snapshot?: string
  sizeBytes: number
}

export interface CopyRequest {
  /** Name on the same pool, or where a volume of another pool lies. */
  source: string | VolumeLocation
  format: 'qcow2' | 'raw'
  /** At least so large, where volumes have given sizes (LUNs); all others are as large as their source, and grow. */
  sizeBytes?: number
}

export interface VolumeLocation {
  /** A path, or a URI of QEMU's (`rbd:…`, `iscsi:…`); never with a secret in it. */
  filename: string
  format: 'qcow2' | 'raw'
  /** Further words for `qemu-img`, e.g. `--object secret,…` with a file. */
  words?: readonly string[]
}

/**
 * Snapshots that the back end keeps inside a volume. Names are chosen by core. All repeatable. A volume with snapshots can
 * be quarantined and brought back whole.
 */
export interface NativeSnapshots {
  create(name: string, snapshot: string): Promise<void>
  /** What was cloned from it keeps its content: the back end flattens first where it must, low in priority. */
  remove(name: string, snapshot: string, progress: Progress, signal: AbortSignal): Promise<void>
  /** By age, the oldest first. */
  list(name: string): Promise<string[]>
  /** The volume is as it was at the snapshot; what it was until now is lost. No instance has it open. */
  rollback(name: string, snapshot: string, progress: Progress, signal: AbortSignal): Promise<void>
}

export interface StoreCapabilities {
  shared: boolean
  thinClone: boolean
  /** `layers`: a snapshot freezes the volume, and writes go to a clone on it. `native`: the volume keeps them inside. */
  snapshots: 'layers' | 'native' | 'none'
  onlineResize: boolean
  incremental: boolean
  /** Of the disks that are made here. */
  diskFormat: 'qcow2' | 'raw'
  /** Whether small files (UEFI variables, seeds, memory) and uploads can lie here. */
  files: boolean
}

export interface StoreUsage {
  totalBytes: number
  freeBytes: number
  /** Space that quarantined volumes hold; counts as free for creates. */
  quarantinedBytes: number
}

export interface StoredVolume {
  name: string
  sizeBytes: number
  allocatedBytes: number
  modifiedAt: number
  quarantined: boolean
  /** A file that a crash left half made (`.partial`). */
  partial: boolean
}

export interface VolumeInfo {
  format: string
  virtualSizeBytes: number
  allocatedBytes: number
  /** How many bytes `read` gives. */
  storedBytes: number
  /** Name of the parent in the same pool, or its path where it is outside. */
  parent: string | null
}

export interface UploadTarget {
  /** Where a file that a crash cut can go on. */
  writtenBytes: number
  /** Appends; resolves when the next chunk may come. The chunk has been copied then. */
  write(chunk: Uint8Array): Promise<void>
  /** Everything is written and synced, under the partial name still: for inspection. Hex SHA-256 and size. */
  seal(): Promise<{ sha256: string; sizeBytes: number }>
  /** Seals and gives the file its final name: another one where inspection has found another format. */
  finish(name?: string): Promise<{ sha256: string; sizeBytes: number }>
  /** Path for the sandboxed inspection between `seal` and `finish`. */
  path: string
  abort(): Promise<void>
  /** Keeps the partial file for a later resume. */
  suspend(): Promise<void>
}

/** `qemu-img info`, run as an unprivileged user with limits, because the bytes come from strangers. */
export interface ImageInspector {
  /** Throws `invalid` for an image with a backing or data file, encrypted, corrupt, or in an unknown format. */
  inspect(path: string): Promise<{ format: string; virtualSizeBytes: number }>
}

/** Makes the NoCloud seed ISO of a guest. */
export interface SeedBuilder {
  build(path: string, seed: { metaData: string; userData: string; networkConfig?: string }): Promise<void>
  /** SHA-512 crypt (`$6$…`) of a guest's password: cloud-init takes it as it is, and the seed holds no plain text. */
  hashPassword(password: string): Promise<string>
}

/** What a back end gets beside its pool's row. */
export interface StoreAccess {
  /** In plain text: never in an argument, a log line or an error. */
  secret: string | null
  /** A directory of this pool alone, not made yet: key files (mode 700), mounts. Its parent can be passed by QEMU's user. */
  directory: string
  libvirtSecrets: LibvirtSecrets
  lunClaims: LunClaims
  log: Log
}

/** Which LUN is which volume, in the record of the zone: two cells never give out the same one. */
export interface LunClaims {
  list(): LunClaim[]
  /**
   * Records the claim, in place of whatever stands for that LUN. With `before`, only if that is what stands there (null:
   * nothing); throws `conflict` otherwise, and when another LUN has that name in that state.
   */
  put(claim: LunClaim, before?: LunClaim | null): Promise<void>
  /** Of the whole pool, which is forgotten. */
  forget(): Promise<void>
}

export interface LunClaim {
  lun: number
  /** Of the volume. */
  name: string
  /** `wiping` is lost already but not blank yet; `free` was wiped by us. */
  state: 'making' | 'ready' | 'quarantined' | 'wiping' | 'free'
  /** As the target describes the disk, so that a number that was given to another one is noticed. */
  identity: string
  /** What was asked for; the LUN may be larger. */
  wantedBytes: number
  /** Set by `put`. */
  changedAt: number
}

/** Secrets that libvirt hands to QEMU. All repeatable. */
export interface LibvirtSecrets {
  /** `usage` is unique for its type on the host, e.g. the pool's name. */
  define(secret: { uuid: string; type: 'ceph' | 'iscsi'; usage: string; value: string }): Promise<void>
  undefine(uuid: string): Promise<void>
}
