import { createHash } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import { checkFormat, checkVolumeName, formatOf, partialSuffix } from '../../core/volume-names.ts'
import type {
  CloneRequest,
  CopyRequest,
  ImageInspector,
  NativeSnapshots,
  Progress,
  StoreCapabilities,
  StoredVolume,
  UploadTarget,
  VolumeInfo,
  VolumeStore,
} from '../../core/volumes.ts'
import { createFileCommands } from '../dir/commands.ts'

export interface SimulatedVolumesOptions {
  totalBytes?: number
  /** Called before each effect with what is about to happen; it may throw: an injected fault, or a crash in between. */
  before?: (call: { method: string; name: string; phase: 'begin' | 'publish' }) => void | Promise<void>
}

interface Volume {
  virtualSizeBytes: number
  parent: string | null
  modifiedAt: number
  /** Bytes that were given (uploads, imports); an empty or thin volume has none. */
  content: Buffer | null
  /** Native snapshots: what it held then. */
  inside?: Map<string, Buffer | null>
}

const metadataBytes = 196_608

/** A pool that behaves: volumes have shapes, parents, contents and a quarantine; nothing touches a disk. */
export class SimulatedVolumes implements VolumeStore {
  readonly capabilities: StoreCapabilities = {
    shared: false,
    thinClone: true,
    snapshots: 'layers',
    onlineResize: true,
    incremental: true,
    diskFormat: 'qcow2',
    files: true,
  }
  /** Read and changed by tests; keys of `inUse` and `partials` are volume names. */
  readonly inUse = new Map<string, Volume>()
  readonly quarantined = new Map<string, Volume>()
  readonly partials = new Map<string, Volume>()
  snapshots?: NativeSnapshots
  readonly commands = createFileCommands('/simulated')
  readonly #totalBytes: number
  readonly #before: NonNullable<SimulatedVolumesOptions['before']>

  constructor(options: SimulatedVolumesOptions = {}) {
    this.#totalBytes = options.totalBytes ?? 1024 ** 4
    this.#before = options.before ?? (() => undefined)
  }

  /** From now on as a back end that keeps snapshots inside its volumes. */
  keepSnapshotsInside(): void {
    Object.assign(this.capabilities, { snapshots: 'native', diskFormat: 'raw' })
    const effect = async (method: string, name: string) => {
      await this.#before({ method, name, phase: 'begin' })
      const volume = this.#get(name)
      volume.inside ??= new Map()
      return { volume, inside: volume.inside }
    }
    this.snapshots = {
      create: async (name, snapshot) => {
        const { volume, inside } = await effect('snapshots.create', name)
        if (!inside.has(snapshot)) inside.set(snapshot, volume.content)
      },
      remove: async (name, snapshot) => void (await effect('snapshots.remove', name)).inside.delete(snapshot),
      list: async (name) => [...(this.#get(name).inside?.keys() ?? [])],
      rollback: async (name, snapshot) => {
        const { volume, inside } = await effect('snapshots.rollback', name)
        volume.content = inside.get(snapshot) ?? null
      },
    }
  }

  async probe(): Promise<void> {
    await this.#before({ method: 'probe', name: '', phase: 'begin' })
  }

  async usage() {
    const quarantinedBytes = allocated(this.quarantined)
    const used = allocated(this.inUse) + allocated(this.partials) + quarantinedBytes
    return { totalBytes: this.#totalBytes, freeBytes: Math.max(0, this.#totalBytes - used), quarantinedBytes }
  }

  async list(): Promise<StoredVolume[]> {
    return [
      ...listed(this.inUse, { quarantined: false, partial: false }),
      ...listed(this.partials, { quarantined: false, partial: true }),
      ...listed(this.quarantined, { quarantined: true, partial: false }),
    ]
  }

  async exists(name: string): Promise<boolean> {
    checkVolumeName(name)
    return this.inUse.has(name)
  }

  async create(name: string, request: { sizeBytes: number; format: 'qcow2' | 'raw' }): Promise<void> {
    checkFormat(name, request.format)
    await this.#make('create', name, { virtualSizeBytes: request.sizeBytes, parent: null, content: null })
  }

  async clone(name: string, request: CloneRequest): Promise<void> {
    checkFormat(name, this.capabilities.diskFormat)
    const parent = this.#get(request.parent)
    if (request.snapshot !== undefined && !parent.inside?.has(request.snapshot))
      throw new AppError('not_found', `volume '${request.parent}' has no snapshot '${request.snapshot}'`)
    if (parent.virtualSizeBytes > request.sizeBytes)
      throw new AppError('invalid', `a clone of '${request.parent}' needs at least its size`)
    const shape = { virtualSizeBytes: request.sizeBytes, parent: request.parent, content: null }
    await this.#make('clone', name, shape)
  }

  async copy(name: string, request: CopyRequest, progress: Progress, signal: AbortSignal): Promise<void> {
    checkFormat(name, request.format)
    const source = typeof request.source === 'string' ? request.source : nameAt(request.source.filename)
    const { virtualSizeBytes, content } = this.#get(source)
    signal.throwIfAborted()
    progress(50)
    await this.#make('copy', name, { virtualSizeBytes, parent: null, content })
    progress(100)
  }

  async resize(name: string, sizeBytes: number): Promise<void> {
    const volume = this.#get(name)
    if (volume.virtualSizeBytes > sizeBytes)
      throw new AppError('invalid', `volume '${name}' cannot shrink to ${sizeBytes} bytes`)
    await this.#before({ method: 'resize', name, phase: 'begin' })
    volume.virtualSizeBytes = sizeBytes
  }

  async rebase(name: string, parent: string | null, progress: Progress, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await this.#setParent('rebase', name, parent)
    progress(100)
  }

  async relink(name: string, parent: string | null): Promise<void> {
    await this.#setParent('relink', name, parent)
  }

  async commit(name: string, progress: Progress, signal: AbortSignal): Promise<void> {
    checkVolumeName(name)
    const volume = this.inUse.get(name)
    if (!volume) return
    const parent = volume.parent === null ? undefined : this.#get(volume.parent)
    if (!parent)
      throw new AppError('conflict', `volume '${name}' stands on no other that it could be merged into`)
    signal.throwIfAborted()
    await this.#before({ method: 'commit', name, phase: 'begin' })
    parent.content = volume.content ?? parent.content
    await this.#before({ method: 'commit', name, phase: 'publish' })
    this.inUse.delete(name)
    progress(100)
  }

  async compact(name: string, progress: Progress, signal: AbortSignal): Promise<void> {
    this.#get(name)
    signal.throwIfAborted()
    await this.#before({ method: 'compact', name, phase: 'begin' })
    progress(100)
  }

  async importFile(name: string, path: string): Promise<void> {
    checkVolumeName(name)
    const content = await readFile(path)
    this.inUse.delete(name)
    await this.#make('importFile', name, { virtualSizeBytes: content.length, parent: null, content })
  }

  async exportFile(name: string, path: string): Promise<void> {
    const { content } = this.#get(name)
    await this.#before({ method: 'exportFile', name, phase: 'begin' })
    await writeFile(path + partialSuffix, content ?? '')
    await rename(path + partialSuffix, path)
  }

  async info(name: string): Promise<VolumeInfo> {
    const volume = this.#get(name)
    const { virtualSizeBytes, parent } = volume
    const [allocatedBytes, storedBytes] = [allocatedOf(volume), volume.content?.length ?? 0]
    return { format: formatOf(name), virtualSizeBytes, allocatedBytes, storedBytes, parent }
  }

  async quarantine(name: string): Promise<void> {
    checkVolumeName(name)
    const volume = this.inUse.get(name)
    if (!volume) return
    if (this.quarantined.has(name)) throw new AppError('conflict', `another '${name}' is in quarantine`)
    await this.#before({ method: 'quarantine', name, phase: 'begin' })
    this.inUse.delete(name)
    this.quarantined.set(name, volume)
  }

  async undelete(name: string): Promise<void> {
    checkVolumeName(name)
    const volume = this.quarantined.get(name)
    if (!volume) return void this.#get(name)
    if (this.inUse.has(name)) throw new AppError('conflict', `another volume has the name '${name}' now`)
    await this.#before({ method: 'undelete', name, phase: 'begin' })
    this.quarantined.delete(name)
    this.inUse.set(name, volume)
  }

  async purge(name: string): Promise<void> {
    checkVolumeName(name)
    await this.#before({ method: 'purge', name, phase: 'begin' })
    this.quarantined.delete(name)
  }

  async remove(name: string): Promise<void> {
    const partialOnly = name.endsWith(partialSuffix)
    const base = partialOnly ? name.slice(0, -partialSuffix.length) : name
    checkVolumeName(base)
    await this.#before({ method: 'remove', name, phase: 'begin' })
    this.partials.delete(base)
    if (!partialOnly) this.inUse.delete(base)
  }

  source(name: string, format: 'qcow2' | 'raw') {
    checkFormat(name, format)
    return { kind: 'file' as const, path: this.pathOf(name), format }
  }

  async location(name: string) {
    this.#get(name)
    return { filename: this.pathOf(name), format: formatOf(name) }
  }

  /** What stands for the file; leads nowhere. */
  pathOf(name: string): string {
    checkVolumeName(name)
    return `/simulated/${name}`
  }

  async openUpload(name: string, wholeBytes?: number): Promise<UploadTarget> {
    checkVolumeName(name)
    if (this.inUse.has(name)) throw new AppError('conflict', `volume '${name}' is complete already`)
    await this.#before({ method: 'openUpload', name, phase: 'begin' })
    const earlier = wholeBytes === undefined ? this.partials.get(name) : undefined
    const volume = earlier ?? { ...blank(), content: Buffer.alloc(0) }
    this.partials.set(name, volume)
    return this.#uploadTarget(name, volume)
  }

  async read(name: string, range?: { start: number; end: number }) {
    const content = this.#get(name).content ?? Buffer.alloc(0)
    const part = range ? content.subarray(range.start, range.end + 1) : content
    return { stream: chunksOf(part), sizeBytes: content.length }
  }

  /** An inspector for what was uploaded here; understands the one header field that tells raw from qcow2. */
  inspector(): ImageInspector {
    return {
      inspect: async (path) => {
        const name = path.slice('/simulated/'.length)
        const volume = name.endsWith(partialSuffix)
          ? this.partials.get(name.slice(0, -partialSuffix.length))
          : this.inUse.get(name)
        if (volume && volume.content === null)
          return { format: formatOf(name), virtualSizeBytes: volume.virtualSizeBytes }
        if (!volume?.content?.length) throw new AppError('invalid', 'the image is empty', { field: 'image' })
        const format = volume.content.subarray(0, 4).equals(qcow2Magic) ? 'qcow2' : 'raw'
        const virtualSizeBytes =
          format === 'qcow2' ? Number(volume.content.readBigUInt64BE(24)) : volume.content.length
        return { format, virtualSizeBytes }
      },
    }
  }

  #uploadTarget(name: string, volume: Volume): UploadTarget {
    const chunks: Buffer[] = [volume.content ?? Buffer.alloc(0)]
    const seal = async () => {
      volume.content = Buffer.concat(chunks.splice(0))
      chunks.push(volume.content)
      volume.virtualSizeBytes = volume.content.length
      const sha256 = createHash('sha256').update(volume.content).digest('hex')
      return { sha256, sizeBytes: volume.content.length }
    }
    return {
      writtenBytes: volume.content?.length ?? 0,
      path: this.pathOf(name) + partialSuffix,
      async write(chunk) {
        chunks.push(Buffer.from(chunk))
        this.writtenBytes += chunk.byteLength
      },
      seal,
      finish: async (final = name) => {
        checkVolumeName(final)
        const sealed = await seal()
        await this.#before({ method: 'finishUpload', name: final, phase: 'publish' })
        this.partials.delete(name)
        this.inUse.set(final, volume)
        return sealed
      },
      abort: async () => {
        this.partials.delete(name)
      },
      suspend: async () => {
        await seal()
      },
    }
  }

  async #make(method: string, name: string, shape: Omit<Volume, 'modifiedAt'>): Promise<void> {
    checkVolumeName(name)
    const found = this.inUse.get(name)
    if (found?.virtualSizeBytes === shape.virtualSizeBytes && found.parent === shape.parent) return
    if (found) throw new AppError('conflict', `volume '${name}' exists with another shape`)
    await this.#before({ method, name, phase: 'begin' })
    const { freeBytes } = await this.usage()
    if (freeBytes < metadataBytes + (shape.content?.length ?? 0))
      throw new AppError('insufficient_capacity', `the pool is full: '${name}' was not written`)
    this.partials.set(name, { ...shape, modifiedAt: Date.now() })
    await this.#before({ method, name, phase: 'publish' })
    this.partials.delete(name)
    this.inUse.set(name, { ...shape, modifiedAt: Date.now() })
  }

  async #setParent(method: string, name: string, parent: string | null): Promise<void> {
    const volume = this.#get(name)
    if (formatOf(name) === 'raw' && parent !== null)
      throw new AppError('unsupported', `volume '${name}' is raw: only qcow2 can stand on a parent`)
    if (parent !== null) this.#get(parent)
    await this.#before({ method, name, phase: 'begin' })
    volume.parent = parent
  }

  #get(name: string): Volume {
    checkVolumeName(name)
    const volume = this.inUse.get(name)
    if (volume) return volume
    throw new AppError('not_found', `there is no volume '${name}' on the pool`)
  }
}

const nameAt = (path: string) => path.slice('/simulated/'.length)

/** What a qcow2 file starts with. */
export const qcow2Magic = Buffer.from('514649fb', 'hex')

const blank = (): Volume => ({ virtualSizeBytes: 0, parent: null, modifiedAt: Date.now(), content: null })

const allocatedOf = (volume: Volume) => metadataBytes + (volume.content?.length ?? 0)

const allocated = (volumes: Map<string, Volume>) =>
  [...volumes.values()].reduce((sum, volume) => sum + allocatedOf(volume), 0)

const listed = (volumes: Map<string, Volume>, flags: { quarantined: boolean; partial: boolean }) =>
  [...volumes].map(([name, volume]) => ({
    name: flags.partial ? name + partialSuffix : name,
    sizeBytes: volume.content?.length ?? metadataBytes,
    allocatedBytes: allocatedOf(volume),
    modifiedAt: volume.modifiedAt,
    ...flags,
  }))

async function* chunksOf(content: Buffer) {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536)
}
