import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { UploadTarget } from '../../core/volumes.ts'
import { type Block, type Blocks, blockBytes, takeBlocks } from './blocks.ts'
import { type Digest, startDigest } from './digest.ts'
import { moveFile, syncDirectory } from './files.ts'

/** Where an upload is written and what it becomes. */
export interface UploadPlace {
  directory: string
  partial: string
  /** Path of the finished volume of that name. */
  final(name: string): string
  name: string
}

/** What every disk and file system takes as the unit of a direct write. */
const alignment = 4096

interface Files {
  buffered: FileHandle
  /** Null where the file system has no direct writes. */
  direct: FileHandle | null
}

/** Opens a new or a half-written upload; the file is only root's. */
export async function openDirUpload(place: UploadPlace): Promise<UploadTarget> {
  const { O_RDWR, O_CREAT, O_WRONLY, O_DIRECT } = constants
  const buffered = await open(place.partial, O_RDWR | O_CREAT, 0o600)
  const { size } = await buffered.stat()
  const direct = await open(place.partial, O_WRONLY | O_DIRECT).catch(() => null)
  return new DirUpload(place, { buffered, direct }, size)
}

/**
 * Bytes are gathered in a few blocks. A full one is written past the page cache, which spares a copy and leaves the cache to
 * the guests, while a thread hashes it; then it is filled again. So memory stays the same however long the upload is.
 */
class DirUpload implements UploadTarget {
  readonly path: string
  writtenBytes: number
  readonly #place: UploadPlace
  readonly #files: Files
  readonly #resumed: boolean
  readonly #memory: Blocks
  readonly #free: Block[]
  #digest: Digest | undefined
  /** The block that is being filled, up to `#used`. */
  #current: Block | undefined
  #used = 0
  /** How much the current block takes: less after a resume, until the position is aligned. */
  #capacity: number
  #position: number
  #writing: Promise<void> = Promise.resolve()
  readonly #busy = new Set<Promise<void>>()
  #failure: unknown
  #closed = false
  #sealed: { sha256: string; sizeBytes: number } | undefined

  constructor(place: UploadPlace, files: Files, sizeBytes: number) {
    this.path = place.partial
    this.writtenBytes = sizeBytes
    this.#place = place
    this.#files = files
    this.#resumed = sizeBytes > 0
    this.#position = sizeBytes
    this.#capacity = blockBytes - (sizeBytes % alignment)
    this.#memory = takeBlocks()
    this.#free = [...this.#memory.blocks]
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      this.#current ??= await this.#takeBlock()
      const count = Math.min(chunk.byteLength - at, this.#capacity - this.#used)
      // Faster than set(), which copies to shared memory word by word.
      Buffer.from(chunk.buffer, chunk.byteOffset + at, count).copy(this.#current.bytes, this.#used)
      this.#used += count
      this.writtenBytes += count
      at += count
      if (this.#used === this.#capacity) this.#dispatch()
    }
  }

  async seal(): Promise<{ sha256: string; sizeBytes: number }> {
    if (this.#sealed) return this.#sealed
    await this.#drain()
    const digest = this.#startDigest()
    if (this.#resumed) await digest.updateFile(this.path, this.#position)
    const [sha256] = await Promise.all([digest.finish(), this.#files.buffered.sync()])
    this.#sealed = { sha256, sizeBytes: this.#position }
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
      await this.#files.buffered.sync()
    } finally {
      await this.#close()
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#busy)
    await this.#digest?.stop()
    await this.#files.buffered.close()
    await this.#files.direct?.close()
    this.#memory.release()
  }

  async #takeBlock(): Promise<Block> {
    for (;;) {
      if (this.#failure) throw this.#failure
      const block = this.#free.pop()
      if (block) return block
      await Promise.race(this.#busy)
    }
  }

  async #drain(): Promise<void> {
    if (this.#current) this.#dispatch()
    await Promise.all(this.#busy)
    if (this.#failure) throw this.#failure
  }

  /** Sends the current block to the disk and to the digest; both must have had it before it is filled again. */
  #dispatch(): void {
    const block = this.#current!
    const [length, position] = [this.#used, this.#position]
    this.#current = undefined
    this.#used = 0
    this.#position += length
    this.#capacity = blockBytes
    this.#writing = this.#writing.then(() => this.#writeAll(block.bytes.subarray(0, length), position))
    // One that comes in parts would be read from its start for each of them: it is hashed once, when it is complete.
    const hashed = this.#resumed ? undefined : this.#startDigest().update(block.offset, length)
    const busy = Promise.all([this.#writing, hashed])
      .then(() => void this.#free.push(block))
      .catch((error) => {
        this.#failure ??= saidOf(error)
      })
      .finally(() => this.#busy.delete(busy))
    this.#busy.add(busy)
  }

  #startDigest(): Digest {
    this.#digest ??= startDigest(this.#memory.shared)
    return this.#digest
  }

  async #writeAll(bytes: Buffer, position: number): Promise<void> {
    const { direct, buffered } = this.#files
    const aligned = position % alignment === 0 && bytes.byteLength % alignment === 0
    let written = direct && aligned ? await writeDirect(direct, bytes, position) : 0
    // A short write (nearly full disk) leaves the rest for another turn, which then says why.
    while (written < bytes.byteLength)
      written += (await buffered.write(bytes, written, bytes.byteLength - written, position + written))
        .bytesWritten
  }
}

/** Bytes written; none where the file system refuses this direct write after all. */
async function writeDirect(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  try {
    return (await file.write(bytes, 0, bytes.byteLength, position)).bytesWritten
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return 0
    throw error
  }
}

const saidOf = (cause: NodeJS.ErrnoException): Error =>
  cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
    ? new AppError('insufficient_capacity', 'the pool is full: the upload was not taken', { cause })
    : cause
