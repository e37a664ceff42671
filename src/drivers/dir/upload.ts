import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { UploadTarget } from '../../core/volumes.ts'
import { type FollowingDigest, followDigest } from './digest.ts'
import { moveFile, syncDirectory } from './files.ts'

/** Where an upload is written and what it becomes. */
export interface UploadPlace {
  directory: string
  partial: string
  /** Path of the finished volume of that name. */
  final(name: string): string
  name: string
}

const flushBytes = 1024 * 1024
const pendingLimitBytes = 4 * flushBytes
// The kernel is told to start writing every so often, or the last sync has everything to do.
const syncEveryBytes = 64 * flushBytes

/** Opens a new or a half-written upload; the file is only root's. */
export async function openDirUpload(place: UploadPlace): Promise<UploadTarget> {
  const file = await open(place.partial, 'a+', 0o600)
  const { size } = await stat(place.partial)
  return new DirUpload(place, file, size)
}

/** Chunks are gathered and written while the next ones arrive; at most `pendingLimitBytes` wait in memory. */
class DirUpload implements UploadTarget {
  readonly path: string
  writtenBytes: number
  readonly #place: UploadPlace
  readonly #file: FileHandle
  readonly #resumed: boolean
  #digest: FollowingDigest | undefined
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #flushing: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  #flushedBytes: number
  #syncedBytes: number
  #failure: unknown
  #closed = false
  #sealed: { sha256: string; sizeBytes: number } | undefined

  constructor(place: UploadPlace, file: FileHandle, sizeBytes: number) {
    this.path = place.partial
    this.writtenBytes = sizeBytes
    this.#flushedBytes = sizeBytes
    this.#syncedBytes = sizeBytes
    this.#place = place
    this.#file = file
    this.#resumed = sizeBytes > 0
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.byteLength
    this.writtenBytes += chunk.byteLength
    if (this.#pendingBytes >= flushBytes) this.#startFlush()
    while (this.#pendingBytes >= pendingLimitBytes) {
      await this.#flushing
      if (this.#failure) throw this.#failure
    }
  }

  async seal(): Promise<{ sha256: string; sizeBytes: number }> {
    if (this.#sealed) return this.#sealed
    await this.#drain()
    const sizeBytes = this.#flushedBytes
    this.#digest ??= followDigest(this.path)
    const [sha256] = await Promise.all([this.#digest.finish(sizeBytes), this.#file.sync()])
    this.#sealed = { sha256, sizeBytes }
    return this.#sealed
  }

  async finish(name = this.#place.name): Promise<{ sha256: string; sizeBytes: number }> {
    const sealed = await this.seal()
    await this.#close()
    await moveFile(this.path, this.#place.final(name))
    return sealed
  }

  async abort(): Promise<void> {
    await this.#close()
    await rm(this.path, { force: true })
    await syncDirectory(this.#place.directory)
  }

  async suspend(): Promise<void> {
    if (this.#closed) return
    try {
      await this.#drain()
      await this.#file.sync()
    } finally {
      await this.#close()
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#flushing
    await this.#syncing
    await this.#digest?.stop()
    await this.#file.close()
  }

  async #drain(): Promise<void> {
    while (this.#pendingBytes > 0 && !this.#failure) {
      this.#startFlush()
      await this.#flushing
    }
    await this.#flushing
    await this.#syncing
    if (this.#failure) throw this.#failure
  }

  #startFlush(): void {
    this.#flushing ??= this.#flush()
      .catch((error) => {
        this.#failure = saidOf(error)
      })
      .finally(() => {
        this.#flushing = undefined
      })
  }

  async #flush(): Promise<void> {
    const chunks = this.#pending
    const bytes = this.#pendingBytes
    this.#pending = []
    await this.#writeAll(chunks, bytes)
    this.#pendingBytes -= bytes
    this.#flushedBytes += bytes
    this.#followFresh()
    if (this.#flushedBytes - this.#syncedBytes >= syncEveryBytes) this.#startSync()
  }

  // One that comes in many parts would be read from its start for each: it is hashed once, when it is complete.
  #followFresh(): void {
    if (this.#resumed) return
    this.#digest ??= followDigest(this.path)
    this.#digest.advance(this.#flushedBytes)
  }

  // A short write (nearly full disk) leaves the rest for another turn, which then says why.
  async #writeAll(chunks: Uint8Array[], bytes: number): Promise<void> {
    let { bytesWritten } = await this.#file.writev(chunks)
    if (bytesWritten === bytes) return
    const rest = Buffer.concat(chunks).subarray(bytesWritten)
    for (let offset = 0; offset < rest.byteLength; offset += bytesWritten)
      bytesWritten = (await this.#file.write(rest, offset)).bytesWritten
  }

  #startSync(): void {
    if (this.#syncing) return
    this.#syncedBytes = this.#flushedBytes
    this.#syncing = this.#file
      .datasync()
      .catch((error) => {
        this.#failure = saidOf(error)
      })
      .finally(() => {
        this.#syncing = undefined
      })
  }
}

const saidOf = (cause: NodeJS.ErrnoException): Error =>
  cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
    ? new AppError('insufficient_capacity', 'the pool is full: the upload was not taken', { cause })
    : cause
