import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError } from '../errors.ts'
import { remove } from '../guests/record.ts'
import type { LunClaim, LunClaims } from '../volumes.ts'

type Row = typeof schema.lunClaim.$inferSelect

/** Most rows that one commit takes. */
const batch = 40

/** The claims of one pool, as rows of the zone. */
export function lunClaimsOf({ zone, now }: { zone: Zone; now(): number }, pool: string): LunClaims {
  const rows = () => zone.db.select().from(schema.lunClaim).where(eq(schema.lunClaim.pool, pool)).all()
  const info = (action: string) => ({ who: 'system', requestId: 'storage', action })
  return {
    list: () => rows().map(claimIn),
    async put(claim, before) {
      const key = `${pool}/${claim.lun}`
      const found = rows().find((row) => row.key === key)
      if (before !== undefined && !isSame(found, before))
        throw new AppError('conflict', `LUN ${claim.lun} of pool '${pool}' was taken by '${found?.name}'`)
      const after = { ...claim, key, pool, changedAt: now() }
      await zone.commit(info(`lun.${claim.state} ${key} ${claim.name}`), [
        { table: 'lunClaim', key, before: found?.version ?? null, after },
      ])
    },
    async forget() {
      for (let left = rows(); left.length > 0; left = rows())
        await zone.commit(
          info(`lun.forget ${pool}`),
          left.slice(0, batch).map((row) => remove('lunClaim', row.key, row.version)),
        )
    },
  }
}

const claimIn = ({ key, pool, version, ...claim }: Row): LunClaim => claim

const isSame = (row: Row | undefined, claim: LunClaim | null): boolean =>
  (row?.name ?? null) === (claim?.name ?? null) && (row?.state ?? null) === (claim?.state ?? null)
