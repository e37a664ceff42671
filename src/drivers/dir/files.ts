import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What the file system says of one regular file. */
export interface FileFigures {
  name: string
  sizeBytes: number
  allocatedBytes: number
  modifiedAt: number
}

const statsAtOnce = 16

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === 'ENOENT'

/** True or false only when it is known; any other failure (permission, I/O) is thrown. */
export async function fileExists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Makes a rename or removal in the directory survive a power cut. */
export const syncDirectory = (path: string): Promise<void> => withFile(path, 'r', (file) => file.sync())

export const syncFile = (path: string): Promise<void> => withFile(path, 'r+', (file) => file.sync())

async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/** An empty file that only root can read, so that no tool's umask decides who reads a disk. */
export async function createPrivateFile(path: string): Promise<void> {
  await rm(path, { force: true })
  await (await open(path, 'wx', 0o600)).close()
}

/** Gives a complete file its final name, durably. */
export async function publish(partial: string, path: string): Promise<void> {
  await syncFile(partial)
  await moveFile(partial, path)
}

export async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
  if (dirname(from) !== dirname(to)) await syncDirectory(dirname(from))
}

export async function removeFiles(...paths: string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true })
  for (const directory of new Set(paths.map(dirname))) await syncDirectory(directory)
}

export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode })
}

/** The regular files of a directory; a symbolic link is none. Files that vanish meanwhile are left out. */
export async function filesIn(directory: string): Promise<FileFigures[]> {
  const entries = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile())
  const figures: FileFigures[] = []
  const queue = entries.values()
  const work = async () => {
    for (const entry of queue) {
      const file = await figuresOf(directory, entry.name)
      if (file) figures.push(file)
    }
  }
  await Promise.all(Array.from({ length: Math.min(statsAtOnce, entries.length) }, work))
  return figures.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function figuresOf(directory: string, name: string): Promise<FileFigures | undefined> {
  try {
    const { size, blocks, mtimeMs } = await lstat(join(directory, name))
    return { name, sizeBytes: size, allocatedBytes: blocks * 512, modifiedAt: Math.round(mtimeMs) }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
