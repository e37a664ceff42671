import { randomFillSync } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { open, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReserveFacts } from '../../core/doctor/reserve.ts'
import type { StateDisk } from '../../core/state-disk/state-disk.ts'
import { CommandError, run } from '../exec.ts'
import { isThere } from './files.ts'
import { spaceFacts } from './storage.ts'

const chunkBytes = 2 ** 20

export const reservePath = (directory: string): string => join(directory, 'reserve')

/** The reserve is a file of real blocks in the data directory: to give it back is to remove it. */
export function createStateDisk(directory: string): StateDisk {
  const path = reservePath(directory)
  const held = async () => (await blocksOf(path)) ?? 0
  return {
    directory,
    async space() {
      // What others than root may still take: QEMU is one of them, and its disks may lie here.
      const { bsize, blocks, bavail } = await statfs(directory)
      return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
    },
    held,
    async hold(bytes) {
      if ((await held()) >= bytes) return
      const partial = `${path}.partial`
      await rm(partial, { force: true })
      try {
        await allocate(partial, bytes)
        await rename(partial, path)
      } finally {
        await rm(partial, { force: true })
      }
    },
    release() {
      try {
        unlinkSync(path)
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
        throw error
      }
    },
  }
}

export async function reserveFacts(directory: string, running: boolean): Promise<ReserveFacts> {
  const { totalBytes, freeBytes } = await spaceFacts(directory)
  const exists = await isThere(join(directory, 'nacelle.db'))
  const heldBytes = (await blocksOf(reservePath(directory))) ?? 0
  return { directory, exists, totalBytes, freeBytes, heldBytes, running }
}

/** Bytes of a file that really lie on the disk; undefined where there is no file. */
async function blocksOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return found && Math.min(found.size, found.blocks * 512)
}

/** Without writing where the file system can; else with bytes that no compression makes smaller. */
async function allocate(path: string, bytes: number): Promise<void> {
  try {
    await run('fallocate', ['--length', String(bytes), path], { timeoutMs: 60_000 })
  } catch (error) {
    if (!(error instanceof CommandError) || !/not supported/i.test(error.stderr)) throw error
    await fill(path, bytes)
  }
}

async function fill(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    const chunk = Buffer.alloc(chunkBytes)
    for (let done = 0; done < bytes; done += chunkBytes)
      await file.write(randomFillSync(chunk), 0, Math.min(chunkBytes, bytes - done))
    await file.sync()
  } finally {
    await file.close()
  }
}
