import { randomUUID } from 'node:crypto'
import { eq, lt } from 'drizzle-orm'
import * as cellSchema from '../../db/cell-schema.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import { findVolume } from '../ledger/record.ts'
import { requireRoom } from '../ledger/room.ts'
import type { Volume } from '../ledger/volume.ts'
import type { UploadTarget } from '../volumes.ts'
import type { ImageDeps } from './deps.ts'
import type { Image } from './image.ts'
import { acceptImage, claimImageVolume, releaseUpload, requireEmpty, uploadNameOf } from './receive.ts'
import { findImage, readImage } from './record.ts'
import { checkSha256, checkUploadSize } from './rules.ts'

export type Upload = typeof cellSchema.upload.$inferSelect

export interface UploadView {
  id: string
  image: string
  /** Where the next bytes begin. */
  offset: number
  sizeBytes: number
  finished: boolean
  createdAt: number
}

export interface UploadRequest {
  image: string
  sizeBytes: number
  sha256?: string
}

/** An upload that nobody went on with for so long ends by itself. */
export const idleMs = 24 * 3_600_000

/** Uploads in parts, which survive a cut connection and a restart of either side. */
export interface Uploads {
  start(op: OperationContext, request: UploadRequest): Promise<UploadView>
  get(op: OperationContext, id: string): Promise<UploadView>
  /**
   * Takes bytes that begin at `offset`; what came of a part that is cut is kept. A newer part of the same upload ends an
   * older one that hangs. With the last byte the image is made ready. `conflict` (details: offset) for a gap.
   */
  append(op: OperationContext, id: string, part: UploadPart): Promise<UploadView>
  /** Once more, where making it ready has failed. */
  finish(op: OperationContext, id: string): Promise<UploadView>
  remove(op: OperationContext, id: string): Promise<void>
  /** Ends those that are idle; says in words which. */
  expire(op: OperationContext): Promise<string[]>
  percent(imageId: string): number | undefined
  /** Id of the upload to the image that is open. */
  openFor(imageId: string): string | undefined
}

export interface UploadPart {
  offset: number
  stream: AsyncIterable<Uint8Array>
}

interface Active {
  abort: AbortController
  done: Promise<unknown>
  writtenBytes: number
}

export const createUploads = (deps: ImageDeps): Uploads => new ImageUploads(deps)

class ImageUploads implements Uploads {
  readonly #deps: ImageDeps
  readonly #active = new Map<string, Active>()

  constructor(deps: ImageDeps) {
    this.#deps = deps
  }

  async start(op: OperationContext, request: UploadRequest): Promise<UploadView> {
    checkUploadSize(request.sizeBytes)
    checkSha256(request.sha256)
    const image = readImage(this.#deps.zone.db, request.image)
    requirePermission(op, 'image.write', image)
    requireEmpty(this.#deps, image)
    const row = { id: randomUUID(), image: image.id, pool: this.#deps.imagePool(), volume: '' }
    const { now, zone } = this.#deps
    const times = { who: op.who.name, createdAt: now(), touchedAt: now() }
    const upload = { ...row, ...times, totalBytes: request.sizeBytes, sha256: request.sha256 ?? null }
    if (op.dryRun) {
      await requireRoom(this.#deps, row.pool, request.sizeBytes)
      return viewOf(upload, 0)
    }
    await this.#deps.ensureRoom(row.pool, request.sizeBytes)
    const volume = await claimImageVolume(this.#deps, op, image)
    zone.db
      .insert(cellSchema.upload)
      .values({ ...upload, volume: volume.id })
      .run()
    return viewOf(upload, 0)
  }

  async get(op: OperationContext, id: string): Promise<UploadView> {
    const { upload } = this.#permitted(op, id)
    const active = this.#active.get(id)
    if (active) return viewOf(upload, active.writtenBytes)
    const target = await this.#open(upload)
    await target.suspend()
    return viewOf(upload, target.writtenBytes)
  }

  async append(op: OperationContext, id: string, part: UploadPart): Promise<UploadView> {
    const { upload, image } = this.#permitted(op, id)
    if (op.dryRun) return viewOf(upload, part.offset)
    return this.#exclusively(id, async (active) => {
      const target = await this.#open(upload)
      await this.#suspending(target, () => this.#copy(op, { upload, part, target, active }))
      if (target.writtenBytes < (upload.totalBytes ?? 0)) {
        await target.suspend()
        return viewOf(upload, target.writtenBytes)
      }
      return this.#accept(op, { upload, image, target })
    })
  }

  async finish(op: OperationContext, id: string): Promise<UploadView> {
    const { upload, image } = this.#permitted(op, id)
    return this.#exclusively(id, async () => {
      const target = await this.#open(upload)
      const { writtenBytes } = target
      if (writtenBytes !== upload.totalBytes || op.dryRun) {
        await target.suspend()
        if (op.dryRun) return viewOf(upload, writtenBytes)
        throw new AppError('conflict', `only ${writtenBytes} of ${upload.totalBytes} bytes have come`, {
          details: { offset: writtenBytes },
        })
      }
      return this.#accept(op, { upload, image, target })
    })
  }

  async remove(op: OperationContext, id: string): Promise<void> {
    const { upload } = this.#permitted(op, id)
    if (!op.dryRun) await this.#exclusively(id, () => this.#discard(op, upload))
  }

  async expire(op: OperationContext): Promise<string[]> {
    const before = this.#deps.now() - idleMs
    const idle = this.#deps.zone.db
      .select()
      .from(cellSchema.upload)
      .where(lt(cellSchema.upload.touchedAt, before))
      .all()
    const ended = idle.filter((upload) => !this.#active.has(upload.id))
    for (const upload of ended) await this.#exclusively(upload.id, () => this.#discard(op, upload))
    return ended.map((upload) => `ended upload ${upload.id}, which nobody went on with`)
  }

  openFor(imageId: string): string | undefined {
    return this.#uploadTo(imageId)?.id
  }

  percent(imageId: string): number | undefined {
    const upload = this.#uploadTo(imageId)
    const active = upload && this.#active.get(upload.id)
    if (!upload?.totalBytes) return undefined
    return Math.min(99, Math.floor(((active?.writtenBytes ?? 0) * 100) / upload.totalBytes))
  }

  #uploadTo(imageId: string): Upload | undefined {
    return this.#deps.zone.db
      .select()
      .from(cellSchema.upload)
      .where(eq(cellSchema.upload.image, imageId))
      .get()
  }

  #permitted(op: OperationContext, id: string): { upload: Upload; image: Image } {
    const upload = this.#deps.zone.db
      .select()
      .from(cellSchema.upload)
      .where(eq(cellSchema.upload.id, id))
      .get()
    const image = upload && findImage(this.#deps.zone.db, upload.image)
    if (!upload || !image) throw notFound('upload', id)
    requirePermission(op, 'image.write', image)
    return { upload, image }
  }

  /** One at a time for an upload; whoever comes later ends what goes on, since its sender has most likely gone. */
  async #exclusively<T>(id: string, work: (active: Active) => Promise<T>): Promise<T> {
    for (let earlier = this.#active.get(id); earlier; earlier = this.#active.get(id)) {
      earlier.abort.abort(new AppError('conflict', `a newer request has taken over upload ${id}`))
      await earlier.done
    }
    const finished = Promise.withResolvers<void>()
    const active = { abort: new AbortController(), done: finished.promise, writtenBytes: 0 }
    this.#active.set(id, active)
    try {
      return await work(active)
    } finally {
      this.#active.delete(id)
      finished.resolve()
    }
  }

  async #open(upload: Upload): Promise<UploadTarget> {
    const volume = this.#volume(upload)
    const store = this.#deps.store(volume.pool)
    // A crash between the renaming and its commit: nobody recorded a digest, so the bytes come again.
    for (const name of new Set([volume.name, uploadNameOf(volume)]))
      if (await store.exists(name)) await store.remove(name)
    return store.openUpload(uploadNameOf(volume))
  }

  #volume(upload: Upload): Volume {
    const volume = findVolume(this.#deps.zone.db, upload.volume)
    if (volume?.state !== 'creating') throw new AppError('conflict', `upload ${upload.id} has ended already`)
    return volume
  }

  async #suspending(target: UploadTarget, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await target.suspend()
      throw error
    }
  }

  async #copy(
    op: OperationContext,
    {
      upload,
      part,
      target,
      active,
    }: { upload: Upload; part: UploadPart; target: UploadTarget; active: Active },
  ): Promise<void> {
    const totalBytes = upload.totalBytes ?? 0
    active.writtenBytes = target.writtenBytes
    if (part.offset !== target.writtenBytes)
      throw new AppError(
        'conflict',
        `the next byte of upload ${upload.id} is ${target.writtenBytes}, not ${part.offset}`,
        {
          field: 'offset',
          details: { offset: target.writtenBytes },
        },
      )
    this.#touch(upload.id)
    for await (const chunk of abortable(part.stream, AbortSignal.any([op.signal, active.abort.signal]))) {
      if (target.writtenBytes + chunk.byteLength > totalBytes)
        throw invalid('size', `more bytes came than the ${totalBytes} that were announced`)
      await target.write(chunk)
      active.writtenBytes = target.writtenBytes
    }
    this.#touch(upload.id)
  }

  #touch(id: string): void {
    this.#deps.zone.db
      .update(cellSchema.upload)
      .set({ touchedAt: this.#deps.now() })
      .where(eq(cellSchema.upload.id, id))
      .run()
  }

  /** What is refused for good (a wrong digest, a dangerous image) ends the upload; other failures leave it open. */
  async #accept(
    op: OperationContext,
    { upload, image, target }: { upload: Upload; image: Image; target: UploadTarget },
  ): Promise<UploadView> {
    try {
      await acceptImage(this.#deps, op, {
        image,
        volume: this.#volume(upload),
        target,
        sha256: upload.sha256,
      })
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid') {
        await target.abort()
        await this.#discard(op, upload)
      } else await target.suspend()
      throw error
    }
    this.#deps.zone.db.delete(cellSchema.upload).where(eq(cellSchema.upload.id, upload.id)).run()
    return { ...viewOf(upload, upload.totalBytes ?? 0), finished: true }
  }

  async #discard(op: OperationContext, upload: Upload): Promise<void> {
    const volume = findVolume(this.#deps.zone.db, upload.volume)
    if (volume) await releaseUpload(this.#deps, op, volume)
    this.#deps.zone.db.delete(cellSchema.upload).where(eq(cellSchema.upload.id, upload.id)).run()
  }
}

const viewOf = (upload: Upload, offset: number): UploadView => ({
  id: upload.id,
  image: upload.image,
  offset,
  sizeBytes: upload.totalBytes ?? 0,
  finished: false,
  createdAt: upload.createdAt,
})

/** A stream that ends with the signal's reason even while its sender is silent. */
async function* abortable(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => undefined)
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const source = stream[Symbol.asyncIterator]()
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await Promise.race([source.next(), aborted.promise])
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not awaited: a generator that waits for its sender would only return when that sends.
    void Promise.resolve(source.return?.()).catch(() => undefined)
  }
}
