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

/**
 * So many bytes at most wait in the page cache before the disk is told to write them. Direct writes, which need no such
 * thing, come one at a time to a file that grows, and a disk does with one at a time a third of what it can.
 */
const flushBytes = 64 * 1024 ** 2

/** Opens a new or a half-written upload; the file is only root's. */
export async function openDirUpload(place: UploadPlace): Promise<UploadTarget> {
  const file = await open(place.partial, constants.O_RDWR | constants.O_CREAT, 0o600)
  const { size } = await file.stat()
  return new DirUpload(place, file, size)
}

/**
 * Bytes are gathered in a few blocks. A full one is written while a thread hashes it; then it is filled again. So memory
 * stays the same however long the upload is. The disk writes meanwhile, so that little is left to sync at the end.
 */
class DirUpload implements UploadTarget {
  readonly path: string
  writtenBytes: number
  readonly #place: UploadPlace
  readonly #file: FileHandle
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

  constructor(place: UploadPlace, file: FileHandle, sizeBytes: number) {
    this.path = place.partial
    this.writtenBytes = sizeBytes
    this.#place = place
    this.#file = file
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
    const [sha256] = await Promise.all([digest.finish(), this.#file.sync()])
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
      await this.#file.sync()
    } finally {
      await this.#close()
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#busy)
    await this.#flushing
    await this.#digest?.stop()
    await this.#file.close()
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
    // A short write (nearly full disk) leaves the rest for another turn, which then says why.
    for (let written = 0; written < bytes.byteLength; )
      written += (await this.#file.write(bytes, written, bytes.byteLength - written, position + written))
        .bytesWritten
    this.#flush(position + bytes.byteLength)
  }

  /** One at a time, and nobody waits for it: the kernel slows a sender that gets too far ahead of the disk. */
  #flush(written: number): void {
    if (this.#flushing || written - this.#flushed < flushBytes) return
    this.#flushed = written
    this.#flushing = this.#file
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
