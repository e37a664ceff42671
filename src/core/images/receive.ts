import { randomUUID } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import * as cellSchema from '../../db/cell-schema.ts'
import * as schema from '../../db/schema.ts'
import { commitInfo } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { findVolume, isInHand } from '../ledger/record.ts'
import { changeVolume, claimVolume, readyVolume, releaseVolume, type Volume } from '../ledger/volume.ts'
import type { UploadTarget } from '../volumes.ts'
import type { ImageDeps } from './deps.ts'
import { describeImage, type Image } from './image.ts'
import { changeImage, readImage } from './record.ts'

/** Bytes on their way in, and how many are announced. */
export interface IncomingBytes {
  stream: AsyncIterable<Uint8Array>
  /** Null where the sender did not say. */
  declaredBytes: number | null
}

// With an unknown length room is asked for in portions.
const portionBytes = 256 * 1024 ** 2

/** Uploads in flight in this process, by image: for progress, and so that two do not meet. */
export class Receiving {
  readonly #active = new Map<string, { writtenBytes: number; totalBytes: number | null }>()

  /** Throws `busy` when bytes for the image come in already. */
  begin(image: Image, totalBytes: number | null): { writtenBytes: number } {
    if (this.#active.has(image.id))
      throw new AppError('busy', `an upload to ${describeImage(image)} goes on already: wait for its end`)
    const entry = { writtenBytes: 0, totalBytes }
    this.#active.set(image.id, entry)
    return entry
  }

  end(imageId: string): void {
    this.#active.delete(imageId)
  }

  percent(imageId: string): number | undefined {
    const entry = this.#active.get(imageId)
    if (!entry) return undefined
    return entry.totalBytes ? Math.min(99, Math.floor((entry.writtenBytes * 100) / entry.totalBytes)) : 0
  }
}

/**
 * Bytes are never replaced under an image: guests may be cloned from it at any moment, and an image with other content
 * is another image. So only an empty one takes an upload.
 */
export function requireEmpty(deps: ImageDeps, image: Image): void {
  if (image.state === 'ready')
    throw new AppError(
      'conflict',
      `${describeImage(image)} has its content already: make a new image, or delete this one first`,
    )
  if (image.state === 'building') throw new AppError('conflict', `${describeImage(image)} is being built`)
  requireNoUpload(deps, image)
}

/** Throws `conflict` while an upload to the image is open, and `busy` while a one-shot one goes on. */
export function requireNoUpload(deps: ImageDeps, image: Image): void {
  const pending = deps.zone.db
    .select()
    .from(cellSchema.upload)
    .where(eq(cellSchema.upload.image, image.id))
    .get()
  if (pending)
    throw new AppError(
      'conflict',
      `upload ${pending.id} to ${describeImage(image)} is open: finish or delete it`,
    )
  const claimed = deps.zone.db
    .select()
    .from(schema.volume)
    .where(and(eq(schema.volume.owner, image.id), eq(schema.volume.state, 'creating')))
    .get()
  if (claimed && image.state === 'empty')
    throw new AppError('busy', `an upload to ${describeImage(image)} goes on: wait for its end`)
}

/** Name under which the bytes come in: that of a raw volume, until their format is known. */
export const uploadNameOf = (volume: Pick<Volume, 'name'>): string => volume.name.replace(/\.qcow2$/, '.raw')

/** Claims a volume for an image's bytes. */
export async function claimImageVolume(deps: ImageDeps, op: OperationContext, image: Image): Promise<Volume> {
  const id = randomUUID()
  const name = image.kind === 'media' ? `media-${id}.iso` : `image-${id}.raw`
  const claim = claimVolume({
    ...{ id, name, pool: deps.imagePool(), kind: image.kind === 'media' ? 'media' : 'image' },
    ...{ ownerKind: 'image', owner: image.id, format: 'raw', sizeBytes: 0, createdAt: deps.now() },
  })
  await deps.zone.commit(commitInfo(op, `image.upload ${image.name}`), [claim])
  return requireVolume(deps, id)
}

function requireVolume(deps: ImageDeps, id: string): Volume {
  const volume = findVolume(deps.zone.db, id)
  if (!volume) throw new AppError('conflict', 'the upload was ended meanwhile: begin anew')
  return volume
}

/** Takes the whole content of an image from one request; nothing is left of one that fails. */
export async function receiveImage(
  deps: ImageDeps,
  receiving: Receiving,
  op: OperationContext,
  request: { image: Image; bytes: IncomingBytes },
): Promise<void> {
  const { image, bytes } = request
  requireEmpty(deps, image)
  const pool = deps.imagePool()
  const progress = receiving.begin(image, bytes.declaredBytes)
  try {
    await deps.ensureRoom(pool, bytes.declaredBytes ?? portionBytes)
    const volume = await claimImageVolume(deps, op, image)
    try {
      const target = await deps.store(pool).openUpload(uploadNameOf(volume), bytes.declaredBytes ?? undefined)
      await orAbort(target, async () => {
        await copyAll(deps, op, { pool, bytes, target, progress })
        await acceptImage(deps, op, { image, volume, target })
      })
    } catch (error) {
      await releaseUpload(deps, op, volume)
      throw error
    }
  } finally {
    receiving.end(image.id)
  }
}

async function orAbort(target: UploadTarget, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await target.abort()
    throw error
  }
}

interface Copying {
  pool: string
  bytes: IncomingBytes
  target: UploadTarget
  progress: { writtenBytes: number }
}

async function copyAll(deps: ImageDeps, op: OperationContext, copying: Copying): Promise<void> {
  const { pool, bytes, target, progress } = copying
  let assuredBytes = bytes.declaredBytes ?? portionBytes
  for await (const chunk of bytes.stream) {
    op.signal.throwIfAborted()
    await target.write(chunk)
    progress.writtenBytes = target.writtenBytes
    if (bytes.declaredBytes !== null || target.writtenBytes < assuredBytes) continue
    await deps.ensureRoom(pool, portionBytes)
    assuredBytes += portionBytes
  }
}

/** What signs a commit. */
type Signature = Pick<OperationContext, 'who' | 'requestId'>

/** Rows and bytes of an upload that came to nothing. */
export async function releaseUpload(deps: ImageDeps, op: Signature, claimed: Volume): Promise<void> {
  const volume = findVolume(deps.zone.db, claimed.id)
  if (volume?.state !== 'creating') return
  for (const name of new Set([volume.name, uploadNameOf(volume)])) await deps.store(volume.pool).remove(name)
  const info = { who: op.who.name, requestId: op.requestId, action: `image.upload ${volume.name} undone` }
  await deps.zone.commit(info, [releaseVolume(volume)])
}

interface Accepting {
  image: Image
  volume: Volume
  target: UploadTarget
  /** What the sender says that it is. */
  sha256?: string | null
}

/** Checks what came, gives it its name, and makes volume and image ready in one commit. */
export async function acceptImage(deps: ImageDeps, op: Signature, accepting: Accepting): Promise<void> {
  const { target } = accepting
  const { sha256, sizeBytes } = await target.seal()
  checkDigest(accepting, sha256)
  const { format, virtualSizeBytes } = await deps.inspector.inspect(target.path)
  const volume = await nameByFormat(deps, op, accepting, format)
  await target.finish(volume.name)
  const image = readImage(deps.zone.db, accepting.image.id)
  const facts = { format: volume.format, sizeBytes, virtualSizeBytes, sha256 }
  const info = { who: op.who.name, requestId: op.requestId, action: `image.upload ${image.name} done` }
  await deps.zone.commit(info, [
    readyVolume(volume, { sizeBytes: virtualSizeBytes }),
    changeImage(image, { ...facts, state: 'ready', volume: volume.id, modifiedAt: deps.now() }),
  ])
}

function checkDigest({ sha256 }: Accepting, found: string): void {
  if (sha256 && sha256.toLowerCase() !== found)
    throw invalid(
      'sha256',
      `the bytes that came have the SHA-256 ${found}, not the announced one: send them again`,
    )
}

/** A volume's name says its format, and that is known only now. */
async function nameByFormat(
  deps: ImageDeps,
  op: Signature,
  { image, volume }: Accepting,
  format: string,
): Promise<Volume> {
  if (format === 'raw') return requireVolume(deps, volume.id)
  if (format !== 'qcow2') throw invalid('image', `the format ${format} cannot be taken: use qcow2 or raw`)
  if (image.kind === 'media')
    throw invalid('image', `a medium must be an ISO or another raw image, this is ${format}`)
  const name = volume.name.replace(/\.raw$/, '.qcow2')
  if (volume.name === name) return requireVolume(deps, volume.id)
  const info = { who: op.who.name, requestId: op.requestId, action: `image.upload ${image.name} is qcow2` }
  await deps.zone.commit(info, [changeVolume(requireVolume(deps, volume.id), { name, format: 'qcow2' })])
  return requireVolume(deps, volume.id)
}

/** At start-up: what one-shot uploads left when the appliance was ended in the middle; no sender comes back for it. */
export async function recoverUploads(deps: ImageDeps, op: OperationContext): Promise<void> {
  const { volume } = schema
  const cut = deps.zone.db
    .select()
    .from(volume)
    .where(and(eq(volume.state, 'creating'), eq(volume.ownerKind, 'image')))
    .all()
  for (const row of cut) if (!isInHand(deps.zone.db, row)) await releaseUpload(deps, op, row)
}
