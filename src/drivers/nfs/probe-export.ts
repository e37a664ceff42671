// In the worker: what only a write as root shows of an export.
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'

/** Throws what stands in the way of disks; leaves nothing behind. */
export async function probeExport(root: string, leastBytes: number): Promise<void> {
  const { blocks, bsize } = await statfs(root)
  if (blocks * bsize < leastBytes)
    throw refused(`it has ${blocks * bsize} bytes, and a pool needs ${leastBytes} at least`)
  const path = join(root, '.probe')
  try {
    await writeAsRoot(path)
  } catch (error) {
    throw inWords(error)
  }
}

async function writeAsRoot(path: string): Promise<void> {
  await rm(path, { force: true })
  const file = await open(path, 'wx', 0o600)
  try {
    const { uid } = await file.stat()
    if (uid !== 0 && process.getuid?.() === 0)
      throw refused(
        `root's files become those of user ${uid} there (root squash, or names that are not mapped): export it with ` +
          'no_root_squash, since disks must be handed to QEMU and back, and give both sides the same NFSv4 domain',
      )
    await file.write('nacelle')
    await file.sync()
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

function inWords(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EROFS') return refused('it is read-only: export it with rw', error)
  if (code === 'EACCES' || code === 'EPERM')
    return refused(
      'root may not write there: give root the directory, and export it with no_root_squash',
      error,
    )
  if (code === 'ENOSPC' || code === 'EDQUOT') return refused('it is full', error)
  return error
}

const refused = (why: string, cause?: unknown) =>
  new AppError('unavailable', `the NFS export cannot be a pool: ${why}`, { cause })
