import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { AppError } from '../../src/core/errors.ts'
import type { LunClaim, LunClaims } from '../../src/core/volumes.ts'

/** As the zone's, kept by the test alone; in a file, where several processes share them. */
export function claimsInMemory(path?: string): LunClaims {
  const kept = new Map<number, LunClaim>()
  const load = () => {
    if (path === undefined) return kept
    return new Map((JSON.parse(readFileSync(path, 'utf8')) as LunClaim[]).map((claim) => [claim.lun, claim]))
  }
  const save = (rows: Map<number, LunClaim>) => {
    if (path === undefined) return
    writeFileSync(`${path}.partial`, JSON.stringify([...rows.values()]))
    renameSync(`${path}.partial`, path)
  }
  return {
    list: () => [...load().values()],
    async put(claim, before) {
      const rows = load()
      const found = rows.get(claim.lun)
      const differs = found?.name !== before?.name || found?.state !== before?.state
      if (before !== undefined && differs) throw new AppError('conflict', `LUN ${claim.lun} is taken`)
      rows.set(claim.lun, { ...claim, changedAt: Date.now() })
      save(rows)
    },
    async forget() {
      const rows = load()
      rows.clear()
      save(rows)
    },
  }
}
