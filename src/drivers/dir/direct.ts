import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { run } from '../exec.ts'

/** What every disk and file system takes as the unit of a direct write. */
const alignment = 4096

/** Below this the page cache is as good, and a process that sets room aside would take longer than the writing. */
const leastBytes = 32 * 1024 ** 2

const allocateMs = 60_000

/**
 * Sets room aside in an empty file, which is as long as that from then on, and opens it for direct writes. Only into room
 * that is there already, and within the length of the file, do file systems take several direct writes at once; to a file
 * that grows they go one after the other. Null where it does not pay, or the file system has no such thing: the file is
 * empty then.
 */
export async function openDirect(
  path: string,
  file: FileHandle,
  wholeBytes: number,
): Promise<FileHandle | null> {
  if (wholeBytes < leastBytes) return null
  const direct = await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => null)
  if (!direct) return null
  const length = Math.ceil(wholeBytes / alignment) * alignment
  try {
    await run('fallocate', ['--length', String(length), path], { timeoutMs: allocateMs })
    return direct
  } catch {
    // Whoever writes is told why, if it was more than that the file system cannot.
    await direct.close()
    await file.truncate(0)
    return null
  }
}

/** Bytes written; none where they do not lie as the disk wants them, or it refuses a direct write after all. */
export async function writeDirect(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  if (position % alignment !== 0 || bytes.byteLength % alignment !== 0) return 0
  try {
    return (await file.write(bytes, 0, bytes.byteLength, position)).bytesWritten
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return 0
    throw error
  }
}
