import { AppError } from '../../src/core/errors.ts'
import type { LunClaim, LunClaims } from '../../src/core/volumes.ts'

/** As the zone's, kept by the test alone. */
export function claimsInMemory(): LunClaims {
  const rows = new Map<number, LunClaim>()
  return {
    list: () => [...rows.values()],
    async put(claim, before) {
      const found = rows.get(claim.lun)
      const differs = found?.name !== before?.name || found?.state !== before?.state
      if (before !== undefined && differs) throw new AppError('conflict', `LUN ${claim.lun} is taken`)
      rows.set(claim.lun, { ...claim, changedAt: Date.now() })
    },
    async forget() {
      rows.clear()
    },
  }
}
