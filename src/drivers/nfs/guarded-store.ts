import type { VolumeCommands } from '../../core/volume-commands.ts'
import { checkFormat, checkVolumeName } from '../../core/volume-names.ts'
import type {
  CloneRequest,
  CopyRequest,
  Progress,
  StoreCapabilities,
  StoredVolume,
  StoreUsage,
  UploadTarget,
  VolumeInfo,
  VolumeLocation,
  VolumeStore,
} from '../../core/volumes.ts'
import { createFileCommands } from '../dir/commands.ts'
import type { PlainMethod } from './serve.ts'
import type { CallOptions, StoreWorker } from './worker.ts'

/** What takes no longer while its server lives. */
const quickMs = 120_000
const pieceBytes = 1024 ** 2
/** Bytes under way to the worker, so that an upload takes the same memory however long it is. */
const windowBytes = 4 * 1024 ** 2

/** A store of files on a mounted file system, every call of which is made in a process that can be left behind. */
export class GuardedStore implements VolumeStore {
  readonly capabilities = {
    shared: true,
    thinClone: true,
    snapshots: 'layers',
    onlineResize: true,
    incremental: true,
    diskFormat: 'qcow2',
    files: true,
  } satisfies StoreCapabilities
  readonly commands: VolumeCommands
  readonly #root: string
  readonly #worker: StoreWorker
  readonly #requireThere: () => Promise<void>

  /** `root` is where it is mounted; nothing here ever looks at it. `requireThere` throws unless it is mounted. */
  constructor(root: string, worker: StoreWorker, requireThere: () => Promise<void>) {
    this.#root = root
    this.commands = createFileCommands(root)
    this.#worker = worker
    this.#requireThere = requireThere
  }

  probe = (): Promise<void> => this.quick('probe')
  usage = (): Promise<StoreUsage> => this.quick('usage')
  list = (): Promise<StoredVolume[]> => this.quick('list')
  exists = (name: string): Promise<boolean> => this.quick('exists', name)
  create = (name: string, request: { sizeBytes: number; format: 'qcow2' | 'raw' }): Promise<void> =>
    this.quick('create', name, request)
  clone = (name: string, request: CloneRequest): Promise<void> => this.quick('clone', name, request)
  resize = (name: string, sizeBytes: number): Promise<void> => this.quick('resize', name, sizeBytes)
  relink = (name: string, parent: string | null): Promise<void> => this.quick('relink', name, parent)
  importFile = (name: string, path: string): Promise<void> => this.quick('importFile', name, path)
  exportFile = (name: string, path: string): Promise<void> => this.quick('exportFile', name, path)
  info = (name: string): Promise<VolumeInfo> => this.quick('info', name)
  quarantine = (name: string): Promise<void> => this.quick('quarantine', name)
  undelete = (name: string): Promise<void> => this.quick('undelete', name)
  purge = (name: string): Promise<void> => this.quick('purge', name)
  remove = (name: string): Promise<void> => this.quick('remove', name)
  location = (name: string, snapshot?: string): Promise<VolumeLocation> =>
    this.quick('location', name, ...(snapshot === undefined ? [] : [snapshot]))

  async copy(name: string, request: CopyRequest, progress: Progress, signal: AbortSignal): Promise<void> {
    await this.#requireThere()
    await this.#worker.call('copy', [name, request], { progress, signal })
  }

  async rebase(name: string, parent: string | null, progress: Progress, signal: AbortSignal): Promise<void> {
    await this.#requireThere()
    await this.#worker.call('rebase', [name, parent], { progress, signal })
  }

  async commit(name: string, progress: Progress, signal: AbortSignal): Promise<void> {
    await this.#requireThere()
    await this.#worker.call('commit', [name], { progress, signal })
  }

  source(name: string, format: 'qcow2' | 'raw') {
    checkFormat(name, format)
    checkVolumeName(name)
    return { kind: 'file' as const, path: `${this.#root}/${name}`, format }
  }

  /** The sandboxed look at a file of this pool. */
  async inspect(path: string): Promise<{ format: string; virtualSizeBytes: number }> {
    await this.#requireThere()
    return (await this.#worker.call('inspect', [path])).result as { format: string; virtualSizeBytes: number }
  }

  async openUpload(name: string, wholeBytes?: number): Promise<UploadTarget> {
    const opened = await this.quick<UploadHandle>('openUpload', name, wholeBytes !== undefined)
    return new RemoteUpload(opened, (method, args, options) => this.#worker.call(method, args, options))
  }

  async read(name: string, range?: { start: number; end: number }) {
    const { handle, sizeBytes } = await this.quick<{ handle: number; sizeBytes: number }>(
      'read',
      name,
      range ?? null,
    )
    return { stream: this.#pieces(handle), sizeBytes }
  }

  async *#pieces(handle: number): AsyncGenerator<Uint8Array> {
    const next = () => this.#worker.call('readNext', [handle])
    // The next piece is on its way while this one is used.
    let coming = next()
    try {
      for (;;) {
        const { result, bytes } = await coming
        if (result !== true) return
        coming = next()
        coming.catch(() => undefined)
        yield bytes
      }
    } finally {
      await coming.catch(() => undefined)
      await this.#worker.call('readClose', [handle]).catch(() => undefined)
    }
  }

  protected async quick<T>(method: PlainMethod | OwnMethod, ...args: unknown[]): Promise<T> {
    await this.#requireThere()
    return (await this.#worker.call(method, args, { limitMs: quickMs })).result as T
  }
}

type OwnMethod = 'openUpload' | 'read' | 'ping' | 'probeExport'

interface UploadHandle {
  handle: number
  writtenBytes: number
  path: string
}

type Call = (method: string, args: unknown[], options?: CallOptions) => Promise<{ result: unknown }>

class RemoteUpload implements UploadTarget {
  readonly path: string
  writtenBytes: number
  readonly #handle: number
  readonly #call: Call
  #underWay = 0
  #failure: unknown
  #room: PromiseWithResolvers<void> | undefined

  constructor({ handle, writtenBytes, path }: UploadHandle, call: Call) {
    this.#handle = handle
    this.writtenBytes = writtenBytes
    this.path = path
    this.#call = call
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
      while (this.#underWay >= windowBytes) await this.#roomMade()
      if (this.#failure) throw this.#failure
      // A copy, since the caller may use its memory again while this is under way.
      this.#send(Buffer.from(chunk.subarray(at, at + pieceBytes)))
    }
  }

  async seal() {
    return this.#whole('uploadSeal') as Promise<{ sha256: string; sizeBytes: number }>
  }

  async finish(name?: string) {
    return this.#whole('uploadFinish', name ?? null) as Promise<{ sha256: string; sizeBytes: number }>
  }

  async abort(): Promise<void> {
    await this.#drained().catch(() => undefined)
    await this.#call('uploadAbort', [this.#handle])
  }

  async suspend(): Promise<void> {
    await this.#whole('uploadSuspend')
  }

  #send(bytes: Buffer): void {
    this.#underWay += bytes.byteLength
    this.writtenBytes += bytes.byteLength
    this.#call('uploadWrite', [this.#handle], { bytes })
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#underWay -= bytes.byteLength
        this.#room?.resolve()
        this.#room = undefined
      })
  }

  #roomMade(): Promise<void> {
    this.#room ??= Promise.withResolvers()
    return this.#room.promise
  }

  async #drained(): Promise<void> {
    while (this.#underWay > 0) await this.#roomMade()
    if (this.#failure) throw this.#failure
  }

  async #whole(method: string, ...args: unknown[]): Promise<unknown> {
    await this.#drained()
    return (await this.#call(method, [this.#handle, ...args])).result
  }
}
