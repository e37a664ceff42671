import { join } from 'node:path'
import { createFigures, type FiguresService } from '../core/figures/figures.ts'
import type { GuestDeps } from '../core/guests/deps.ts'
import { openFigureFile } from '../db/figure-file.ts'
import { loadSqliteBinding } from '../packaging/addons.ts'
import type { Drivers } from './drivers.ts'
import type { RootLog } from './log.ts'

interface FigureParts {
  dataDir: string
  guestDeps: GuestDeps
  drivers: Drivers
  alive(cell: string): boolean
  isShared(storage: string): boolean
  /** False while the disk of the data directory has no room. */
  mayWrite(): boolean
  log: RootLog
}

/** Live figures of this host and its guests, with their history beside the record. */
export function createHostFigures(parts: FigureParts): FiguresService {
  const { dataDir, drivers, log } = parts
  const { zone, live, cell, observed, store, now } = parts.guestDeps
  return createFigures({
    ...{ zone, live, cell, now, log },
    guests: observed.figures,
    host: drivers.meter,
    openArchive: () => {
      const archive = openFigureFile(join(dataDir, 'figures.db'), { nativeBinding: loadSqliteBinding() })
      if (archive.damage !== undefined)
        log.warn({ damage: archive.damage }, 'the history of figures was unusable and begins anew')
      return archive
    },
    mayWrite: parts.mayWrite,
    alive: parts.alive,
    isShared: parts.isShared,
    usage: (storage) => store(storage).usage(),
  })
}
