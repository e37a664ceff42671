import { invalid } from './errors.ts'
import type { StoredVolume } from './volumes.ts'

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/

/** Ending of what is made half; a finished volume never has it. */
export const partialSuffix = '.partial'

/** Whether a name can be a volume: one path component that no tool can take for an option, a path or a protocol. */
export const isVolumeName = (name: string): boolean =>
  namePattern.test(name) && !name.includes('..') && !name.endsWith(partialSuffix)

/** Throws `invalid` for what can not be a volume's name. */
export function checkVolumeName(name: string): void {
  if (!isVolumeName(name))
    throw invalid(
      'volume',
      `'${printable(name)}' cannot name a volume: 1 to 200 letters, digits, '.', '_' and '-', not starting with '.' ` +
        `or '-', without '..', and not ending in '${partialSuffix}'`,
    )
}

/**
 * The format of a volume, by the ending of its name: `.qcow2`, else raw. It is never probed, because a guest can write a
 * qcow2 header that names any file of the host to the start of its raw disk.
 */
export const formatOf = (name: string): 'qcow2' | 'raw' => (name.endsWith('.qcow2') ? 'qcow2' : 'raw')

/** Throws `invalid` where the name's ending says another format than is asked for. */
export function checkFormat(name: string, format: 'qcow2' | 'raw'): void {
  if (formatOf(name) !== format)
    throw invalid('volume', `volume '${name}' cannot be ${format}: exactly the qcow2 ones end in '.qcow2'`)
}

/** Name of the volume that a listed one is or (a partial one) was to become. */
export const baseName = (volume: Pick<StoredVolume, 'name' | 'partial'>): string =>
  volume.partial ? volume.name.slice(0, -partialSuffix.length) : volume.name

// Names come from strangers and from the file system; a message must stay one readable line.
const printable = (name: string) => JSON.stringify(name.slice(0, 80)).slice(1, -1)
