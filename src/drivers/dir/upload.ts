import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { UploadTarget } from '../../core/volumes.ts'
import { type Block, type Blocks, blockBytes, takeBlocks } from './blocks.ts'
import { type Digest, startDigest } from './digest.ts'
import { openDirect, writeDirect } from './direct.ts'
import { moveFile, syncDirectory } from './files.ts'

/** Where an upload is written and what it becomes. */
export interface UploadPlace {
  directory: string
  partial: string
  /** Path of the finished volume of that name. */
  final(name: string): string
  name: string
}

/** So many bytes at most wait in the page cache before the disk is told to write them. */
const flushBytes = 64 * 1024 ** 2

interface Files {
  buffered: FileHandle
  /** Room is set aside in it: it is longer than what has come. Null where all goes through the page cache. */
  direct: FileHandle | null
}

/** Opens a new or a half-written upload, or, where `wholeBytes` are to come, a new one; the file is only root's. */
export async function openDirUpload(place: UploadPlace, wholeBytes?: number): Promise<UploadTarget> {
  const { O_RDWR, O_CREAT, O_TRUNC } = constants
  const flags = O_RDWR | O_CREAT | (wholeBytes === undefined ? 0 : O_TRUNC)
  const buffered = await open(place.partial, flags, 0o600)
  try {
    const { size } = await buffered.stat()
    const direct = wholeBytes === undefined ? null : await openDirect(place.partial, buffered, wholeBytes)
    return new DirUpload(place, { buffered, direct }, size)
  } catch (error) {
    await buffered.close()
    throw error
  }
}

/**
 * Bytes are gathered in a few blocks. A full one is written while a thread hashes it; then it is filled again. So memory
 * stays the same however long the upload is. Where room could be set aside, several blocks are written at once and past
 * the page cache, which spares a copy and leaves the cache to the guests. Elsewhere the disk is told to write meanwhile,
 * so that little is left to sync at the end.
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
  #position: number
  #writing: Promise<void> = Promise.resolve()
  /** Up to where the disk was told to write. */
  #flushed: number
  #flushing: Promise<void> | undefined
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
    this.#flushed = sizeBytes
    this.#memory = takeBlocks()
    this.#free = [...this.#memory.blocks]
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      this.#current ??= await this.#takeBlock()
      const count = Math.min(chunk.byteLength - at, blockBytes - this.#used)
      // Faster than set(), which copies to shared memory word by word.
      Buffer.from(chunk.buffer, chunk.byteOffset + at, count).copy(this.#current.bytes, this.#used)
      this.#used += count
      this.writtenBytes += count
      at += count
      if (this.#used === blockBytes) this.#dispatch()
    }
  }

  async seal(): Promise<{ sha256: string; sizeBytes: number }> {
    if (this.#sealed) return this.#sealed
    await this.#drain()
    const digest = this.#startDigest()
    if (this.#resumed) await digest.updateFile(this.path, this.#position)
    const [sha256] = await Promise.all([digest.finish(), this.#sync()])
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
      await this.#sync()
    } finally {
      await this.#close()
    }
  }

  /** The file is exactly as long as what has come, durably. */
  async #sync(): Promise<void> {
    const { buffered, direct } = this.#files
    if (direct) await buffered.truncate(this.#position)
    await buffered.sync()
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#busy)
    await this.#flushing
    await this.#digest?.stop()
    await this.#files.direct?.close()
    await this.#files.buffered.close()
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
    await this.#flushing
    if (this.#failure) throw this.#failure
  }

  /** Sends the current block to the disk and to the digest; both must have had it before it is filled again. */
  #dispatch(): void {
    const block = this.#current!
    const [length, position] = [this.#used, this.#position]
    this.#current = undefined
    this.#used = 0
    this.#position += length
    const bytes = block.bytes.subarray(0, length)
    const written = this.#files.direct
      ? this.#writeAll(bytes, position)
      : this.#writing.then(() => this.#writeAll(bytes, position))
    this.#writing = written
    // One that comes in parts would be read from its start for each of them: it is hashed once, when it is complete.
    const hashed = this.#resumed ? undefined : this.#startDigest().update(block.offset, length)
    const busy = Promise.all([written, hashed])
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
    const { buffered, direct } = this.#files
    let written = direct ? await writeDirect(direct, bytes, position) : 0
    // A short write (nearly full disk) leaves the rest for another turn, which then says why.
    while (written < bytes.byteLength)
      written += (await buffered.write(bytes, written, bytes.byteLength - written, position + written))
        .bytesWritten
    if (!direct) this.#flush(position + bytes.byteLength)
  }

  /** One at a time, and nobody waits for it: the kernel slows a sender that gets too far ahead of the disk. */
  #flush(written: number): void {
    if (this.#flushing || written - this.#flushed < flushBytes) return
    this.#flushed = written
    this.#flushing = this.#files.buffered
      .datasync()
      // A failure is told by one sync only: lost here, the last one would say that all is well.
      .catch((error) => {
        this.#failure ??= saidOf(error)
      })
      .finally(() => {
        this.#flushing = undefined
      })
  }
}

const saidOf = (cause: NodeJS.ErrnoException): Error =>
  cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
    ? new AppError('insufficient_capacity', 'the pool is full: the upload was not taken', { cause })
    : cause
