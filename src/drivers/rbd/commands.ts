// What the calls of a Ceph pool would run, for dry runs.

import type { VolumeCommands } from '../../core/volume-commands.ts'
import { checkVolumeName, partialSuffix } from '../../core/volume-names.ts'
import { convertWords } from '../qemu-img/words.ts'
import type { RbdPool } from './images.ts'
import * as words from './words.ts'

/** `baseSnapshot` is what thin clones of a whole volume stand on. */
export function createRbdCommands({ cluster, pool }: RbdPool, baseSnapshot: string): VolumeCommands {
  const rbd = (list: readonly string[]) => ['rbd', ...cluster.words(words.onPool(pool, list))]
  const partial = (name: string) => {
    checkVolumeName(name)
    return name + partialSuffix
  }
  const named = (name: string) => rbd(words.renameWords(pool, partial(name), name))
  const uri = (name: string) => `rbd:${pool}/${name}${cluster.plannedUriTail()}`
  return {
    create: (name, { sizeBytes }) => ({
      commands: [rbd(words.createWords(partial(name), sizeBytes)), named(name)],
    }),
    clone: (name, { parent, snapshot, sizeBytes }) => ({
      words:
        'resized only where it is larger than its parent' +
        (snapshot === undefined ? `; the first clone makes and protects '${parent}@${baseSnapshot}'` : ''),
      commands: [
        rbd(
          words.cloneWords(
            { image: parent, snapshot: snapshot ?? baseSnapshot },
            { pool, name: partial(name) },
          ),
        ),
        rbd(words.resizeWords(partial(name), sizeBytes)),
        named(name),
      ],
    }),
    copy: (name, { source, sizeBytes }) => ({
      commands: [
        rbd(words.createWords(partial(name), sizeBytes)),
        [
          'qemu-img',
          ...convertWords(source, { filename: uri(partial(name)), format: 'raw', exists: 'zeroed' }),
        ],
        named(name),
      ],
    }),
    resize: (name, sizeBytes) => ({ commands: [rbd(words.resizeWords(name, sizeBytes))] }),
    compact: (name) => ({ commands: [rbd(words.sparsifyWords(name))] }),
    quarantine: (name) => ({
      words: 'what it holds is noted with it, since nothing tells that of one in the trash',
      commands: [rbd(words.trashWords(name))],
    }),
    location: (name, snapshot) => ({
      filename: uri(snapshot === undefined ? name : `${name}@${snapshot}`),
      format: 'raw',
    }),
  }
}
