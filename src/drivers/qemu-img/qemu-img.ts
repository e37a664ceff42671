// One small function for each qemu-img command. Paths are absolute, so that none can be an option or name a protocol.
import * as v from 'valibot'
import type { Progress, VolumeLocation } from '../../core/volumes.ts'
import { CommandError, run } from '../exec.ts'
import * as words from './words.ts'

export type { ImageFile } from './words.ts'

type ImageFile = words.ImageFile

export interface ImageInfo {
  format: string
  virtualSizeBytes: number
  allocatedBytes: number
  /** Path of the backing file as it would be opened. */
  backingPath: string | null
  backingFormat: string | null
  encrypted: boolean
  /** Path of an external data file. */
  dataFile: string | null
  corrupt: boolean
}

const metadataMs = 60_000

/** Makes an empty image. `path` may exist already, empty: then it keeps its mode. */
export async function createImage(file: ImageFile, sizeBytes: number): Promise<void> {
  await metadata(words.createWords(file, sizeBytes))
}

/** Makes a qcow2 overlay that reads through to `parent`. */
export async function createOverlay(path: string, parent: ImageFile, sizeBytes: number): Promise<void> {
  await metadata(words.overlayWords(path, parent, sizeBytes))
}

/** Grows an image that nobody has open. */
export async function resizeImage(file: ImageFile, sizeBytes: number): Promise<void> {
  await metadata(words.resizeWords(file, sizeBytes))
}

/** Moves a layer onto another parent, copying what differs; `null` makes it independent. */
export async function rebaseImage(
  path: string,
  parent: ImageFile | null,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await transfer(words.rebaseWords(path, parent), progress, signal)
}

/** Changes only which parent the layer names. */
export async function relinkImage(path: string, parent: ImageFile | null): Promise<void> {
  await metadata(words.relinkWords(path, parent))
}

/** Writes a layer into the one that it stands on; the layer itself stays as it is, so that a cut can be repeated. */
export async function commitImage(path: string, progress: Progress, signal: AbortSignal): Promise<void> {
  await transfer(words.commitWords(path), progress, signal)
}

/** Copies an image with all its layers into one new file; qcow2 is compressed (zstd). */
export async function convertImage(
  source: VolumeLocation,
  target: words.ConvertTarget,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  await transfer(words.convertWords(source, target), progress, signal)
}

/** Copies one layer alone, without what is empty in it, into a file that stands on the same parent. */
export async function compactImage(
  source: ImageFile,
  target: { path: string; parent: ImageFile | null },
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  await transfer(words.compactWords(source, target), progress, signal)
}

/** As `imageInfo`, of whatever QEMU can open. */
export async function locationInfo({
  filename,
  format,
  words: more = [],
}: VolumeLocation): Promise<ImageInfo> {
  const { stdout } = await metadata(['info', '-U', '--output=json', ...more, '-f', format, filename])
  return parseInfo(stdout)
}

/** What the image says of itself; without taking its lock, so that a running guest's disk can be read. */
export async function imageInfo(file: ImageFile): Promise<ImageInfo> {
  const { stdout } = await metadata(['info', '-U', '--output=json', '-f', file.format, file.path])
  return parseInfo(stdout)
}

const infoSchema = v.object({
  format: v.string(),
  'virtual-size': v.number(),
  'actual-size': v.optional(v.number(), 0),
  'backing-filename': v.optional(v.string()),
  'full-backing-filename': v.optional(v.string()),
  'backing-filename-format': v.optional(v.string()),
  encrypted: v.optional(v.boolean(), false),
  'format-specific': v.optional(
    v.object({
      data: v.optional(
        v.object({
          'data-file': v.optional(v.string()),
          corrupt: v.optional(v.boolean(), false),
          encrypt: v.optional(v.unknown()),
        }),
      ),
    }),
  ),
})

/** Reads the JSON of `qemu-img info`; throws where it is not of that shape. */
export function parseInfo(json: string): ImageInfo {
  const info = v.parse(infoSchema, JSON.parse(json))
  const data = info['format-specific']?.data
  return {
    format: info.format,
    virtualSizeBytes: info['virtual-size'],
    allocatedBytes: info['actual-size'],
    backingPath: info['full-backing-filename'] ?? info['backing-filename'] ?? null,
    backingFormat: info['backing-filename-format'] ?? null,
    encrypted: info.encrypted || data?.encrypt !== undefined,
    dataFile: data?.['data-file'] ?? null,
    corrupt: data?.corrupt ?? false,
  }
}

/** Whether the command failed because another process (a running guest) has the image open. */
export const saysInUse = (error: unknown): boolean =>
  error instanceof CommandError &&
  /Failed to get "?(shared )?("?write"?|"?consistent read"?)/.test(error.stderr)

/** Whether the command failed because the storage is full. */
export const saysFull = (error: unknown): boolean =>
  error instanceof CommandError && /No space left on device|Disk quota exceeded/.test(error.stderr)

const metadata = (args: readonly string[]) => run('qemu-img', args, { timeoutMs: metadataMs })

// No time limit: how long a copy takes depends on its size alone, and the signal ends it.
async function transfer(args: readonly string[], progress: Progress, signal: AbortSignal): Promise<void> {
  const onStdout = (text: string) => {
    const percent = lastPercent(text)
    if (percent !== undefined) progress(percent)
  }
  await run('qemu-img', args, { timeoutMs: 0, signal, onStdout, priority: 'low' })
}

/** The newest of the `(12.34/100%)` that `qemu-img -p` has written. */
export function lastPercent(text: string): number | undefined {
  const found = [...text.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)].at(-1)?.[1]
  return found === undefined ? undefined : Math.min(100, Number(found))
}
