import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import type { ImportFolder, LaidFile } from '../../core/images/import-folder.ts'

/** Below `directory` lie `media` and `disk`. */
export const createImportFolder = (directory: string): ImportFolder => ({
  async list(kind) {
    const names = await readdir(join(directory, kind)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    const shown = names.filter((name) => !name.startsWith('.')).sort()
    return Promise.all(shown.map((name) => look(join(directory, kind), name)))
  },

  async read(kind, name) {
    // A link that was put in its place meanwhile is not followed, and a pipe not waited for.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const file = await open(join(directory, kind, name), flags).catch((error: Error) => {
      throw new AppError('conflict', `the file '${name}' cannot be read any more`, { cause: error })
    })
    const state = await file.stat()
    if (!state.isFile()) {
      await file.close()
      throw new AppError('conflict', `'${name}' is no plain file any more`)
    }
    return { stream: file.createReadStream({ highWaterMark: 1 << 20 }), sizeBytes: state.size }
  },
})

async function look(directory: string, name: string): Promise<LaidFile> {
  const state = await lstat(join(directory, name))
  const sort = state.isSymbolicLink() ? 'link' : state.isFile() ? 'file' : 'other'
  return { name, sizeBytes: state.size, sort }
}
