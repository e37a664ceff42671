// Begins, goes on with and ends uploads of images; what is on its way is in upload-store.ts.
import { call } from '../../api/client.ts'
import { ApiError } from '../../api/errors.ts'
import { checksumOfBeginning } from './checksum.ts'
import { ChecksumsDiffer, readImage, runUpload, UploadGone } from './upload-job.ts'
import { abandoned, changeRecords, readRecords } from './upload-records.ts'
import { addUpload, allUploads, changeUpload, findUpload, forgetUpload, type Upload } from './upload-store.ts'

/** A few at a time: more would only share the same line. */
const mostAtOnce = 3
const aliveEveryMs = 2000

const files = new Map<string, File>()
const running = new Map<string, AbortController>()
const mine = new Set<string>()

const imagePaths = { disk: '/disk_images/{id}', media: '/media_images/{id}' } as const

export interface Beginning extends Pick<Upload, 'kind' | 'image' | 'imageName' | 'isImageNew'> {
  file: File
  user: string
}

/** Begins an upload to an empty image. Throws what the appliance refuses it with. */
export async function beginUpload({ file, user, ...rest }: Beginning): Promise<void> {
  const beginning = await checksumOfBeginning(file)
  const { id } = await call('post', '/uploads', { body: { image: rest.image, size: file.size } })
  const common = { ...rest, id, fileName: file.name, sizeBytes: file.size, beginning }
  changeRecords((all) => [...all, { ...common, user, aliveAt: Date.now() }])
  addUpload({ ...common, phase: 'queued', sentBytes: 0, readBytes: 0, bytesPerSecond: undefined })
  files.set(id, file)
  mine.add(id)
  startNext()
}

export const pauseUpload = (id: string): void => stop(id, 'paused')

/** Also after a failure. */
export function resumeUpload(id: string): void {
  changeUpload(id, { phase: files.has(id) ? 'queued' : 'needsFile', error: undefined })
  startNext()
}

/** Gives it up: nothing is left of what was sent, nor of an image that was made for it. */
export async function cancelUpload(id: string): Promise<void> {
  const upload = findUpload(id)
  if (!upload) return
  if (running.has(id)) stop(id, 'paused')
  await unlessGone(call('delete', '/uploads/{id}', { params: { path: { id } } }))
  if (upload.isImageNew)
    await unlessGone(call('delete', imagePaths[upload.kind], { params: { path: { id: upload.image } } }))
  forget(id)
}

/** Takes one that has ended off the list; where what arrived is spoilt, its image goes too. */
export async function dismissUpload(id: string): Promise<void> {
  const upload = findUpload(id)
  if (upload?.isSpoilt)
    await unlessGone(call('delete', imagePaths[upload.kind], { params: { path: { id: upload.image } } }))
  forget(id)
}

/** Why a file is not the one of which the beginning was sent. */
export type OtherFile = 'name' | 'size' | 'content'

/** Goes on with the file that was chosen again; says what is wrong with another one. */
export async function giveFile(id: string, file: File): Promise<OtherFile | undefined> {
  const upload = findUpload(id)
  if (!upload) return undefined
  const other = await differenceOf(upload, file)
  if (other) return other
  files.set(id, file)
  mine.add(id)
  resumeUpload(id)
  return undefined
}

async function differenceOf(upload: Upload, file: File): Promise<OtherFile | undefined> {
  if (upload.sizeBytes !== file.size) return 'size'
  if (upload.fileName !== '' && upload.fileName !== file.name) return 'name'
  if (upload.beginning !== '' && (await checksumOfBeginning(file)) !== upload.beginning) return 'content'
  return undefined
}

/** Goes on with whichever upload waits for this file; false where none does. */
export async function takeFile(file: File): Promise<boolean> {
  for (const upload of allUploads()) {
    const waits = upload.phase === 'needsFile' && upload.fileName === file.name
    if (waits && (await giveFile(upload.id, file)) === undefined) return true
  }
  return false
}

/** Shows an upload that another browser began, so that a file can be given to it. */
export async function adoptUpload(open: Pick<Upload, 'id' | 'kind' | 'image' | 'imageName'>): Promise<void> {
  if (findUpload(open.id)) return
  const { offset, size } = await call('get', '/uploads/{id}', { params: { path: { id: open.id } } })
  const unknown = { isImageNew: false, fileName: '', beginning: '', readBytes: 0, bytesPerSecond: undefined }
  addUpload({ ...open, ...unknown, sizeBytes: size, sentBytes: offset, phase: 'needsFile' })
}

/** Shows what this person had begun before the page was loaded anew. */
export async function restoreUploads(user: string): Promise<void> {
  for (const record of abandoned(readRecords(), user, Date.now())) {
    const { user: _, aliveAt: __, ...upload } = record
    if (findUpload(upload.id)) continue
    const shown = { ...upload, readBytes: 0, bytesPerSecond: undefined }
    try {
      const { offset } = await call('get', '/uploads/{id}', { params: { path: { id: upload.id } } })
      addUpload({ ...shown, phase: 'needsFile', sentBytes: offset })
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) await tellOfEnd(shown)
    }
  }
}

/** It ended while nobody looked: the last byte had arrived, or the appliance waited in vain. */
async function tellOfEnd(upload: Omit<Upload, 'phase' | 'sentBytes'>): Promise<void> {
  const image = await readImage(upload.kind, upload.image).catch(() => undefined)
  if (image && !image.created)
    addUpload({ ...upload, phase: 'failed', sentBytes: 0, error: new UploadGone(), isSpoilt: true })
  else changeRecords((all) => all.filter(({ id }) => id !== upload.id))
}

function startNext(): void {
  for (const { id, phase } of allUploads()) {
    const file = files.get(id)
    if (running.size < mostAtOnce && phase === 'queued' && file && !running.has(id)) void start(id, file)
  }
}

async function start(id: string, file: File): Promise<void> {
  const control = new AbortController()
  running.set(id, control)
  changeUpload(id, { phase: 'sending', error: undefined })
  try {
    await runUpload({ id, file, signal: control.signal })
    done(id)
  } catch (error) {
    if (!control.signal.aborted) fail(id, error)
  } finally {
    control.abort()
    if (running.get(id) === control) running.delete(id)
    startNext()
  }
}

function done(id: string): void {
  files.delete(id)
  mine.delete(id)
  changeRecords((all) => all.filter((one) => one.id !== id))
}

function fail(id: string, error: unknown): void {
  // What the appliance finds to be no image, or other bytes than were announced, ends the upload there.
  const isSpoilt =
    error instanceof ChecksumsDiffer ||
    error instanceof UploadGone ||
    (error instanceof ApiError && error.code === 'invalid')
  changeUpload(id, { phase: 'failed', error, isSpoilt, bytesPerSecond: undefined })
}

function stop(id: string, phase: 'paused'): void {
  const control = running.get(id)
  running.delete(id)
  changeUpload(id, { phase, bytesPerSecond: undefined })
  control?.abort()
  startNext()
}

function forget(id: string): void {
  done(id)
  forgetUpload(id)
}

async function unlessGone(deleting: Promise<unknown>): Promise<void> {
  try {
    await deleting
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}

const say = (aliveAt: number) =>
  changeRecords((all) => all.map((one) => (mine.has(one.id) ? { ...one, aliveAt } : one)))

setInterval(() => mine.size > 0 && say(Date.now()), aliveEveryMs)
window.addEventListener('pagehide', () => say(0))
window.addEventListener('beforeunload', (event) => {
  if (running.size > 0) event.preventDefault()
})
