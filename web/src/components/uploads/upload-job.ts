// One file on its way: sent from where the appliance stands, again and again until all of it has arrived.
import { call } from '../../api/client.ts'
import { ApiError, isSignedOut } from '../../api/errors.ts'
import { queryClient } from '../../api/query.ts'
import { sessionReading } from '../../api/session.ts'
import { checksumOf } from './checksum.ts'
import { type Standing, sendPart } from './send-part.ts'
import { UploadRate } from './upload-rate.ts'
import { changeUpload, findUpload, type ImageKind, type Upload } from './upload-store.ts'

/** What has arrived is not what was sent. */
export class ChecksumsDiffer extends Error {
  readonly here: string
  readonly there: string

  constructor(here: string, there: string) {
    super(`${here} ≠ ${there}`)
    this.here = here
    this.there = there
  }
}

/** The appliance has ended the upload, and the image has no content. */
export class UploadGone extends Error {}

export interface Job {
  id: string
  file: File
  signal: AbortSignal
}

const longestWaitMs = 15_000
const shownEveryMs = 150

const imagePaths = { disk: '/disk_images/{id}', media: '/media_images/{id}' } as const

/** The image as the appliance has it now. */
export const readImage = (kind: ImageKind, id: string) =>
  call('get', imagePaths[kind], { params: { path: { id } } })

/** Sends, waits out broken connections, and compares the checksums. Throws what ends it, and the signal's reason. */
export async function runUpload(job: Job): Promise<void> {
  const { id, file, signal } = job
  const digest = checksumOf(file, {
    signal,
    onRead: throttled((readBytes) => changeUpload(id, { readBytes })),
  })
  // A file that cannot be read looks like a broken connection to the sender.
  const unreadable = new Promise<never>((_, reject) => digest.catch(reject))
  unreadable.catch(() => undefined)
  await Promise.race([sendAll(job), unreadable])
  changeUpload(id, { phase: 'checking', bytesPerSecond: undefined })
  const here = await digest
  const upload = findUpload(id)
  if (!upload) return
  const image = await persistently(signal, () => readImage(upload.kind, upload.image))
  if (image.sha256 !== here) throw new ChecksumsDiffer(here, image.sha256)
  changeUpload(id, { phase: 'done', sha256: here, sentBytes: file.size, readBytes: file.size })
}

async function sendAll({ id, file, signal }: Job): Promise<void> {
  const rate = new UploadRate()
  let sentAtLast = -1
  for (let attempt = 0; ; attempt++) {
    try {
      if ((await sendRest({ id, file, signal }, rate)).finished) return
      throw new ApiError(0, { code: 'unreachable' })
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error)) throw error
      const sent = findUpload(id)?.sentBytes ?? 0
      if (sent > sentAtLast) attempt = 0
      sentAtLast = sent
      rate.clear()
      changeUpload(id, { phase: 'interrupted', bytesPerSecond: undefined })
      askToSignIn(error)
      await online(waitMs(attempt), signal)
    }
  }
}

async function sendRest({ id, file, signal }: Job, rate: UploadRate): Promise<Standing> {
  const standing = await whereItStands(id, signal)
  const { offset } = standing
  changeUpload(id, { sentBytes: offset, phase: standing.finished ? 'checking' : 'sending' })
  if (standing.finished) return standing
  if (offset === file.size) return call('post', '/uploads/{id}/finish', { params: { path: { id } }, signal })
  let isOver = false
  const show = throttled((sentBytes: number) => {
    if (isOver) return
    rate.add(performance.now(), sentBytes)
    const phase = sentBytes >= file.size ? 'checking' : 'sending'
    changeUpload(id, {
      sentBytes: Math.min(sentBytes, file.size),
      phase,
      bytesPerSecond: rate.bytesPerSecond,
    })
  })
  try {
    return await sendPart({ upload: id, offset, body: file.slice(offset), signal, onSent: show })
  } finally {
    isOver = true
  }
}

/** An upload that has ended well is gone, and its image has its content. */
async function whereItStands(id: string, signal: AbortSignal): Promise<Standing> {
  try {
    return await call('get', '/uploads/{id}', { params: { path: { id } }, signal })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    const upload = findUpload(id) as Upload
    const image = await readImage(upload.kind, upload.image).catch(() => undefined)
    if (image?.created) return { offset: image.size, finished: true }
    throw new UploadGone()
  }
}

/** Until the appliance answers. */
async function persistently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error)) throw error
      askToSignIn(error)
      await online(waitMs(attempt), signal)
    }
  }
}

/** A broken connection, a restart, a session that has ended, or an offset that has moved meanwhile. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  if (error.status === 409) return typeof (error.details as { offset?: unknown } | null)?.offset === 'number'
  return error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 502
}

/** The frame asks again above the page. */
function askToSignIn(error: unknown): void {
  if (isSignedOut(error)) void queryClient.invalidateQueries({ queryKey: sessionReading.queryKey })
}

const waitMs = (attempt: number) => Math.min(longestWaitMs, 500 * 2 ** attempt)

/** After so long, or when the browser has a network again. */
function online(afterMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, afterMs)
  const onOnline = () => resolve()
  const onAbort = () => reject(signal.reason)
  window.addEventListener('online', onOnline)
  signal.addEventListener('abort', onAbort)
  return promise.finally(() => {
    clearTimeout(timer)
    window.removeEventListener('online', onOnline)
    signal.removeEventListener('abort', onAbort)
  })
}

/** The last call counts also where it comes early. */
function throttled(show: (value: number) => void): (value: number) => void {
  let shownAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  return (value) => {
    clearTimeout(timer)
    const wait = shownEveryMs - (performance.now() - shownAt)
    const now = () => {
      shownAt = performance.now()
      show(value)
    }
    if (wait <= 0) now()
    else timer = setTimeout(now, wait)
  }
}
