// What the calls of a store of files would run, for dry runs, and what the calls themselves pass.
import { join } from 'node:path'
import type { PlannedCall, VolumeCommands } from '../../core/volume-commands.ts'
import { checkVolumeName, formatOf, partialSuffix } from '../../core/volume-names.ts'
import * as words from '../qemu-img/words.ts'

/** Hidden in the pool's own directory, so that it is a rename. */
export const quarantineDirectory = '.quarantine'

/** `root` is the absolute path of the directory. */
export function createFileCommands(root: string): VolumeCommands {
  const path = (name: string) => {
    checkVolumeName(name)
    return join(root, name)
  }
  const file = (name: string): words.ImageFile => ({ path: path(name), format: formatOf(name) })
  const made = (list: string[]) => planned(list, 'under a name of its own until it is whole')
  return {
    create: (name, { sizeBytes, format }) =>
      made(words.createWords({ path: partial(path(name)), format }, sizeBytes)),
    clone: (name, { parent, sizeBytes }) =>
      made(words.overlayWords(partial(path(name)), file(parent), sizeBytes)),
    copy: (name, { source, format }) =>
      made(words.convertWords(source, { filename: partial(path(name)), format })),
    resize: (name, sizeBytes) => planned(words.resizeWords(file(name), sizeBytes)),
    compact: (name, parent) => {
      const base = parent === null ? null : file(parent)
      return made(words.compactWords(file(name), { path: partial(path(name)), parent: base }))
    },
    quarantine: () => ({
      words: `a rename into '${quarantineDirectory}' of the pool's directory`,
      commands: [],
    }),
    location: (name) => ({ filename: path(name), format: formatOf(name) }),
  }
}

const partial = (path: string) => path + partialSuffix

const planned = (list: string[], then?: string): PlannedCall => ({
  ...(then === undefined ? {} : { words: then }),
  commands: [['qemu-img', ...list]],
})
