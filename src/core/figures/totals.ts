import type { CellFigures, Speeds } from './figure.ts'

/** What several cells have and do together. */
export interface Totals extends Speeds {
  cores: number
  /** Average of the cells, each by its cores. */
  cpuUsagePercent: number
  memoryBytes: number
  memoryAvailableBytes: number
  diskBytes: number
  diskAvailableBytes: number
}

/** A cell with the storage on which its guests land. */
export interface CellWithStorage {
  figures: CellFigures
  /** The same text where cells see the same bytes, which count once; null without storage. */
  storage: string | null
}

export function totalsOf(cells: readonly CellWithStorage[]): Totals {
  const alive = cells.filter(({ figures }) => figures.alive)
  const sum = (name: Exclude<keyof Totals, 'cpuUsagePercent'>) =>
    alive.reduce((total, { figures }) => total + figures[name], 0)
  const cores = sum('cores')
  const busyCores = alive.reduce((total, { figures }) => total + figures.cpuUsagePercent * figures.cores, 0)
  // A cell that has not been told of its storage yet must not hide another one that has.
  const disks = new Map<string, CellFigures>()
  for (const { storage, figures } of alive)
    if (storage !== null && figures.diskBytes >= (disks.get(storage)?.diskBytes ?? 0))
      disks.set(storage, figures)
  const sumDisks = (name: 'diskBytes' | 'diskAvailableBytes') =>
    [...disks.values()].reduce((total, figures) => total + figures[name], 0)
  return {
    cores,
    cpuUsagePercent: cores === 0 ? 0 : Math.round((busyCores / cores) * 100) / 100,
    memoryBytes: sum('memoryBytes'),
    memoryAvailableBytes: sum('memoryAvailableBytes'),
    diskBytes: sumDisks('diskBytes'),
    diskAvailableBytes: sumDisks('diskAvailableBytes'),
    readBytesPerSecond: sum('readBytesPerSecond'),
    writeBytesPerSecond: sum('writeBytesPerSecond'),
    receiveBytesPerSecond: sum('receiveBytesPerSecond'),
    sendBytesPerSecond: sum('sendBytesPerSecond'),
  }
}
