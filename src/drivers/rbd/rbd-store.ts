import { AppError } from '../../core/errors.ts'
import type { StoragePool } from '../../core/storage-pools/storage-pool.ts'
import type { VolumeCommands } from '../../core/volume-commands.ts'
import { checkFormat, checkVolumeName, partialSuffix } from '../../core/volume-names.ts'
import type {
  CloneRequest,
  CopyRequest,
  NativeSnapshots,
  Progress,
  StoreAccess,
  StoreCapabilities,
  StoredVolume,
  StoreUsage,
  UploadTarget,
  VolumeInfo,
  VolumeLocation,
  VolumeStore,
} from '../../core/volumes.ts'
import * as qemuImg from '../qemu-img/qemu-img.ts'
import { openCluster } from './cluster.ts'
import { createRbdCommands } from './commands.ts'
import * as rbd from './images.ts'
import { probePool } from './probe.ts'
import { poolUsage, type TrashFigures, trashedVolumes, volumesOf } from './usage.ts'

/** The protected snapshot that thin clones of a whole volume stand on; made with the first one. */
const baseSnapshot = 'nacelle-base'
/** Ceph's own figures are some seconds old anyway, and a batch of guests asks for each of its disks. */
const usageMs = 3_000

interface Shape {
  sizeBytes: number
  parent: string | null
}

/** `monitors` are those of the pool's host, parsed. */
export function createRbdStore(
  pool: StoragePool,
  access: StoreAccess,
  monitors: readonly { name: string; port: number }[],
): VolumeStore {
  return new RbdStore(pool, access, monitors)
}

/** Volumes as images of one Ceph pool, through the programs `rbd` and `qemu-img`; no kernel driver is needed. */
class RbdStore implements VolumeStore {
  readonly capabilities: StoreCapabilities = {
    shared: true,
    thinClone: true,
    snapshots: 'native',
    onlineResize: true,
    incremental: true,
    diskFormat: 'raw',
    files: false,
  }
  readonly snapshots: NativeSnapshots
  readonly commands: VolumeCommands
  readonly #at: rbd.RbdPool
  readonly #pool: StoragePool
  readonly #access: StoreAccess
  readonly #monitors: readonly { name: string; port: number }[]
  readonly #trashFigures: TrashFigures = new Map()
  #prepared: Promise<void> | undefined
  #usage: { at: number; value: Promise<StoreUsage> } | undefined

  constructor(pool: StoragePool, access: StoreAccess, monitors: readonly { name: string; port: number }[]) {
    this.#pool = pool
    this.#access = access
    this.#monitors = monitors
    const { secret: key, directory } = access
    const cluster = openCluster({ monitors, user: this.#user, key, directory })
    this.#at = { cluster, pool: pool.target }
    this.snapshots = this.#nativeSnapshots()
    this.commands = createRbdCommands(this.#at, baseSnapshot)
  }

  probe(): Promise<void> {
    const usage = () => this.#readUsage()
    return probePool(this.#at, { monitors: this.#monitors, user: this.#user, usage })
  }

  usage(): Promise<StoreUsage> {
    if (this.#usage && performance.now() - this.#usage.at < usageMs) return this.#usage.value
    const value = this.#readUsage()
    this.#usage = { at: performance.now(), value }
    value.catch(() => this.#forgetUsage())
    return value
  }

  list(): Promise<StoredVolume[]> {
    return volumesOf(this.#at, this.#trashFigures)
  }

  async exists(name: string): Promise<boolean> {
    checkVolumeName(name)
    return (await rbd.names(this.#at)).includes(name)
  }

  async create(name: string, { sizeBytes, format }: { sizeBytes: number; format: 'qcow2' | 'raw' }) {
    this.#check(name, format)
    await this.#make(name, { sizeBytes, parent: null }, (partial) => rbd.create(this.#at, partial, sizeBytes))
  }

  async clone(name: string, { parent, snapshot, sizeBytes }: CloneRequest): Promise<void> {
    this.#check(name, 'raw')
    const from = await this.#cloneSource(parent, snapshot)
    if (from.sizeBytes > sizeBytes)
      throw new AppError(
        'invalid',
        `a clone of '${parent}' needs at least ${from.sizeBytes} bytes, not ${sizeBytes}`,
      )
    await this.#make(name, { sizeBytes, parent }, async (partial) => {
      await rbd.clone(this.#at, { image: parent, snapshot: from.name }, partial)
      if (from.sizeBytes < sizeBytes) await rbd.resize(this.#at, partial, sizeBytes)
    })
  }

  async copy(name: string, request: CopyRequest, progress: Progress, signal: AbortSignal): Promise<void> {
    this.#check(name, request.format)
    const { source } = request
    const location = typeof source === 'string' ? await this.location(source) : source
    const sizeBytes = (await qemuImg.locationInfo(location)).virtualSizeBytes
    await this.#make(name, { sizeBytes, parent: null }, async (partial) => {
      await rbd.create(this.#at, partial, sizeBytes)
      const target = { filename: await this.#uri(partial), format: 'raw' as const, exists: 'zeroed' as const }
      await qemuImg.convertImage(location, target, { progress, signal })
    })
  }

  async resize(name: string, sizeBytes: number): Promise<void> {
    const { sizeBytes: present } = await this.#image(name)
    if (present === sizeBytes) return
    if (present > sizeBytes)
      throw new AppError('invalid', `volume '${name}' has ${present} bytes and cannot shrink to ${sizeBytes}`)
    await rbd.resize(this.#at, name, sizeBytes)
  }

  async rebase(name: string, parent: string | null, progress: Progress, signal: AbortSignal): Promise<void> {
    const image = await this.#image(name)
    if (image.parent === parent) return
    if (parent !== null) throw noLayers()
    await rbd.flatten(this.#at, name, progress, signal)
  }

  async relink(): Promise<void> {
    throw noLayers()
  }

  async commit(): Promise<void> {
    throw noLayers()
  }

  async compact(name: string, progress: Progress, signal: AbortSignal): Promise<void> {
    await this.#image(name)
    await rbd.sparsify(this.#at, name, progress, signal)
    this.#forgetUsage()
  }

  async importFile(): Promise<void> {
    throw noFiles()
  }

  async exportFile(): Promise<void> {
    throw noFiles()
  }

  async info(name: string): Promise<VolumeInfo> {
    const { sizeBytes, parent } = await this.#image(name)
    const [figures] = await rbd.diskUsage(this.#at, name)
    const allocatedBytes = figures?.allocatedBytes ?? 0
    return { format: 'raw', virtualSizeBytes: sizeBytes, allocatedBytes, storedBytes: sizeBytes, parent }
  }

  async quarantine(name: string): Promise<void> {
    checkVolumeName(name)
    const image = (await rbd.names(this.#at)).includes(name) ? await rbd.info(this.#at, name) : undefined
    const hidden = await this.#trashed(name)
    if (!image) return
    if (hidden && hidden.id !== image.id)
      throw new AppError('conflict', `another volume '${name}' is in quarantine: purge that one first`)
    const [figures] = await rbd.diskUsage(this.#at, name)
    await rbd.noteUsage(this.#at, name, figures?.allocatedBytes ?? 0)
    await rbd.toTrash(this.#at, name)
    this.#forgetUsage()
  }

  async undelete(name: string): Promise<void> {
    checkVolumeName(name)
    const present = (await rbd.names(this.#at)).includes(name)
    const hidden = await this.#trashed(name)
    if (present && !hidden) return
    if (present && (await rbd.info(this.#at, name))?.id !== hidden?.id)
      throw new AppError('conflict', `another volume has the name '${name}' now: it cannot be brought back`)
    if (!hidden) throw missingVolume(name)
    await rbd.fromTrash(this.#at, hidden.id)
    this.#forgetUsage()
  }

  async purge(name: string): Promise<void> {
    checkVolumeName(name)
    const hidden = await this.#trashed(name)
    if (hidden) await rbd.removeTrashed(this.#at, hidden.id)
    this.#forgetUsage()
  }

  async remove(name: string): Promise<void> {
    const partialOnly = name.endsWith(partialSuffix)
    const base = partialOnly ? name.slice(0, -partialSuffix.length) : name
    checkVolumeName(base)
    const there = await rbd.names(this.#at)
    for (const one of [base + partialSuffix, ...(partialOnly ? [] : [base])])
      if (there.includes(one)) await rbd.remove(this.#at, one)
    this.#forgetUsage()
  }

  source(name: string, format: 'qcow2' | 'raw') {
    this.#check(name, format)
    const { options, target } = this.#pool
    const auth =
      options.type === 'rbd' && options.user !== ''
        ? { user: options.user, secretUuid: options.secretUuid, type: 'ceph' as const }
        : undefined
    return {
      kind: 'network' as const,
      protocol: 'rbd' as const,
      name: `${target}/${name}`,
      hosts: [...this.#monitors],
      ...(auth ? { auth } : {}),
      format: 'raw' as const,
    }
  }

  async location(name: string, snapshot?: string): Promise<VolumeLocation> {
    checkVolumeName(name)
    if (snapshot !== undefined) checkVolumeName(snapshot)
    await this.#image(name)
    return { filename: await this.#uri(snapshot === undefined ? name : `${name}@${snapshot}`), format: 'raw' }
  }

  /** Libvirt's secret; made anew at the first use after each start, in case libvirt lost it. */
  prepare(): Promise<void> {
    this.#prepared ??= this.#defineSecret().catch((error: unknown) => {
      this.#prepared = undefined
      throw error
    })
    return this.#prepared
  }

  async release(): Promise<void> {
    this.#prepared = undefined
    const { options } = this.#pool
    if (options.type === 'rbd' && this.#access.secret !== null)
      await this.#access.libvirtSecrets.undefine(options.secretUuid)
    await this.#at.cluster.forget()
  }

  async openUpload(): Promise<UploadTarget> {
    throw noFiles()
  }

  async read(): Promise<never> {
    throw noFiles()
  }

  get #user(): string {
    const { options } = this.#pool
    return options.type === 'rbd' ? options.user : ''
  }

  async #defineSecret(): Promise<void> {
    const { options, name } = this.#pool
    const { secret: value, libvirtSecrets } = this.#access
    if (options.type !== 'rbd' || value === null) return
    const usage = `nacelle pool ${name}`
    await libvirtSecrets.define({ uuid: options.secretUuid, type: 'ceph', usage, value })
  }

  async #readUsage(): Promise<StoreUsage> {
    const [figures, quarantined] = await Promise.all([
      poolUsage(this.#at),
      trashedVolumes(this.#at, this.#trashFigures),
    ])
    return { ...figures, quarantinedBytes: quarantined.reduce((sum, one) => sum + one.allocatedBytes, 0) }
  }

  #forgetUsage(): void {
    this.#usage = undefined
  }

  #check(name: string, format: 'qcow2' | 'raw'): void {
    checkFormat(name, format)
    checkVolumeName(name)
    if (format !== 'raw')
      throw new AppError('unsupported', `'${name}' cannot be ${format} on a Ceph pool, whose volumes are raw`)
  }

  async #image(name: string): Promise<rbd.Image> {
    checkVolumeName(name)
    const image = await rbd.info(this.#at, name)
    if (!image) throw missingVolume(name)
    return image
  }

  async #trashed(name: string): Promise<rbd.Trashed | undefined> {
    return (await rbd.trash(this.#at)).find((one) => one.name === name)
  }

  async #uri(name: string): Promise<string> {
    return `rbd:${this.#at.pool}/${name}${await this.#at.cluster.uriTail()}`
  }

  async #cloneSource(parent: string, snapshot: string | undefined): Promise<rbd.Snapshot> {
    await this.#image(parent)
    const wanted = snapshot ?? baseSnapshot
    const find = async () =>
      (await rbd.snapshots(this.#at, { name: parent })).find((one) => one.name === wanted)
    let found = await find()
    if (!found && snapshot === undefined) {
      await rbd.createSnapshot(this.#at, parent, baseSnapshot)
      found = await find()
    }
    if (!found) throw new AppError('not_found', `volume '${parent}' has no snapshot '${wanted}'`)
    if (snapshot === undefined && !found.isProtected) await rbd.protectSnapshot(this.#at, parent, wanted)
    return found
  }

  /** Makes a volume under its partial name, then publishes it; one of the same shape is taken as made already. */
  async #make(name: string, shape: Shape, fill: (partial: string) => Promise<unknown>): Promise<void> {
    const partial = name + partialSuffix
    const there = await rbd.names(this.#at)
    if (there.includes(name)) return this.#requireShape(name, shape)
    if (there.includes(partial)) await rbd.remove(this.#at, partial)
    try {
      await fill(partial)
      await rbd.rename(this.#at, partial, name)
    } catch (error) {
      await rbd.remove(this.#at, partial).catch((cause: unknown) => {
        this.#access.log.warn({ err: cause, volume: partial }, 'a half-made volume is left on the pool')
      })
      throw error
    }
    this.#forgetUsage()
  }

  async #requireShape(name: string, shape: Shape): Promise<void> {
    const found = await this.#image(name)
    if (found.sizeBytes !== shape.sizeBytes || found.parent !== shape.parent)
      throw new AppError(
        'conflict',
        `volume '${name}' exists with another shape: ${found.sizeBytes} bytes, parent ${found.parent}`,
      )
  }

  #nativeSnapshots(): NativeSnapshots {
    const named = async (name: string, snapshot: string) => {
      checkVolumeName(snapshot)
      await this.#image(name)
      return { name, snapshot }
    }
    return {
      create: async (name, snapshot) => {
        await named(name, snapshot)
        await rbd.createSnapshot(this.#at, name, snapshot)
      },
      remove: async (name, snapshot) => {
        checkVolumeName(name)
        checkVolumeName(snapshot)
        await rbd.removeSnapshot(this.#at, { name }, snapshot)
      },
      list: async (name) => {
        await this.#image(name)
        const found = await rbd.snapshots(this.#at, { name })
        return found.map((one) => one.name).filter((one) => one !== baseSnapshot)
      },
      rollback: async (name, snapshot, progress, signal) =>
        void (await rbd.rollback(this.#at, await named(name, snapshot), progress, signal)),
    }
  }
}

const missingVolume = (name: string) =>
  new AppError('not_found', `there is no volume '${name}' on the pool`, {
    details: { noun: 'volume', key: name },
  })

const noLayers = () =>
  new AppError(
    'unsupported',
    "a Ceph pool keeps snapshots inside its images and has no layers to move; pools of type 'dir' and 'nfs' have",
  )

const noFiles = () =>
  new AppError('unsupported', "a Ceph pool keeps no files; pools of type 'dir' and 'nfs' do")
