import { access, readFile } from 'node:fs/promises'

const absent = new Set(['ENOENT', 'ENOTDIR', 'ENXIO', 'ENODEV'])

/** Undefined where there is no such file; other errors are thrown. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Whether it is there; throws where that may not be seen. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** As the kernel says it of what only root may see. */
export const notPermitted = (): Error => Object.assign(new Error('only root can see this'), { code: 'EPERM' })

export const isRoot = (): boolean => process.getuid?.() === 0
