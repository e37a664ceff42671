import { AppError } from '../../core/errors.ts'
import type { VolumeStore } from '../../core/volumes.ts'
import { requirePort } from '../reach.ts'
import { GuardedStore } from './guarded-store.ts'
import { type MountRequest, mountedAt, mountNfs, sourceText, unmountNfs } from './mount.ts'
import { StoreWorker, type WorkerLimits } from './worker.ts'

/** How the host mounts; a test gives its own. */
export interface Mounting {
  mount(request: MountRequest): Promise<void>
  unmount(directory: string): Promise<void>
  isMounted(request: MountRequest): Promise<boolean>
}

export const hostMounting: Mounting = {
  mount: mountNfs,
  unmount: unmountNfs,
  isMounted: async (request) => (await mountedAt(request.directory)) === sourceText(request),
}

export interface NfsStoreOptions {
  request: MountRequest
  port: number
  /** Program and first arguments of the worker; the directory comes last. */
  workerCommand: readonly string[]
  mounting?: Mounting
  limits?: Partial<WorkerLimits>
}

/** A pool on less is a mistake. */
const leastBytes = 256 * 1024 ** 2

/** Files as on a directory pool, on a mounted export that may be lost at any moment. */
export class NfsStore extends GuardedStore implements VolumeStore {
  readonly root: string
  readonly #request: MountRequest
  readonly #port: number
  readonly #worker: StoreWorker
  readonly #mounting: Mounting

  constructor(options: NfsStoreOptions) {
    const { request, workerCommand, limits, mounting = hostMounting } = options
    const { directory } = request
    const server = `NFS server of ${sourceText(request)}`
    const worker = new StoreWorker({
      command: [...workerCommand, directory],
      server,
      ...(limits ? { limits } : {}),
    })
    // A call on the bare directory would fill the host's own disk.
    super(directory, worker, async () => {
      if (!(await mounting.isMounted(request)))
        throw new AppError(
          'unavailable',
          `the NFS export ${sourceText(request)} is not mounted; it is tried again soon`,
        )
    })
    this.root = directory
    this.#request = request
    this.#port = options.port
    this.#worker = worker
    this.#mounting = mounting
  }

  override probe = async (): Promise<void> => {
    await this.keep()
    await this.quick('probeExport', leastBytes)
  }

  async prepare(): Promise<void> {
    await this.keep()
    await this.quick('ping')
  }

  /** Mounts it where the host has lost it. */
  async keep(): Promise<void> {
    if (await this.#mounting.isMounted(this.#request)) return
    await this.#worker.stop()
    await requirePort({ name: this.#request.host, port: this.#port }, 'NFS')
    await this.#mounting.mount(this.#request)
  }

  async release(): Promise<void> {
    await this.#worker.stop()
    await this.#mounting.unmount(this.#request.directory)
  }

  state() {
    const lost = this.#worker.lostSince
    return {
      answers: lost === undefined,
      abandonedProcesses: this.#worker.abandoned,
      ...(lost === undefined ? {} : { lostSince: new Date(lost).toISOString() }),
    }
  }
}
