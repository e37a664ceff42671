import { AppError, hasCode } from '../../core/errors.ts'
import type { LunClaim, LunClaims } from '../../core/volumes.ts'
import { isBlank } from './content.ts'
import type { Initiator, Lun } from './lun.ts'

/** How a LUN is called that nobody claims but which is not empty: the ledger shows it under this name. */
export const literalName = {
  of: (lun: number): string => `lun-${lun}.raw`,
  lun(name: string): number | undefined {
    const digits = /^lun-(0|[1-9]\d{0,4})\.raw$/.exec(name)?.[1]
    return digits === undefined ? undefined : Number(digits)
  },
}

/** Which LUNs are free, and the one that is given to a new volume. */
export class LunChooser {
  readonly #initiator: Initiator
  readonly #claims: LunClaims
  /** What was seen of unclaimed LUNs, by number and size: looking at each takes a process. */
  readonly #blank = new Map<string, boolean>()

  constructor(initiator: Initiator, claims: LunClaims) {
    this.#initiator = initiator
    this.#claims = claims
  }

  claimOf(lun: number): LunClaim | undefined {
    return this.#claims.list().find((claim) => claim.lun === lun)
  }

  isTaken(lun: number): boolean {
    const claim = this.claimOf(lun)
    return claim !== undefined && claim.state !== 'free'
  }

  async free(luns: readonly Lun[]): Promise<Lun[]> {
    const found: Lun[] = []
    for (const lun of luns) if (!this.isTaken(lun.number) && (await this.isBlank(lun))) found.push(lun)
    return found
  }

  /** As it was last seen; `take` looks again. */
  async isBlank(lun: Lun): Promise<boolean> {
    const key = `${lun.number}:${lun.sizeBytes}`
    const known = this.#blank.get(key)
    if (known !== undefined) return known
    const blank = await isBlank(this.#initiator.location(lun.number), lun.sizeBytes)
    this.#blank.set(key, blank)
    return blank
  }

  forgetContent(lun: number): void {
    for (const key of this.#blank.keys()) if (key.startsWith(`${lun}:`)) this.#blank.delete(key)
  }

  /** Claims the smallest LUN that fits and holds nothing of anybody's. `isWiped`: we ourselves have wiped all of it. */
  async take(name: string, wantedBytes: number): Promise<{ claim: LunClaim; isWiped: boolean }> {
    const luns = await this.#initiator.luns()
    const fitting = luns
      .filter((lun) => lun.sizeBytes >= wantedBytes && !this.isTaken(lun.number))
      .sort((a, b) => a.sizeBytes - b.sizeBytes || a.number - b.number)
    for (const lun of fitting) {
      const taken = await this.#tryTake(name, lun, wantedBytes)
      if (taken) return taken
    }
    throw this.#noneFits(name, wantedBytes, luns)
  }

  async newClaim(part: Pick<LunClaim, 'name' | 'lun' | 'state' | 'wantedBytes'>): Promise<LunClaim> {
    const identity = `${this.#initiator.kind}:${await this.#initiator.identityOf(part.lun)}`
    return { ...part, identity, changedAt: 0 }
  }

  async #tryTake(name: string, lun: Lun, wantedBytes: number) {
    this.forgetContent(lun.number)
    const before = this.claimOf(lun.number)
    const claim = await this.newClaim({ name, lun: lun.number, state: 'making', wantedBytes })
    if (!(await this.isBlank(lun))) return undefined
    try {
      await this.#claims.put(claim, before ?? null)
    } catch (error) {
      // Another guest, or another cell, was quicker.
      if (hasCode(error, 'conflict')) return undefined
      throw error
    }
    return { claim, isWiped: before?.state === 'free' && before.identity === claim.identity }
  }

  #noneFits(name: string, wantedBytes: number, luns: readonly Lun[]): AppError {
    const sizes = (some: readonly Lun[]) =>
      some.map((lun) => `LUN ${lun.number} (${lun.sizeBytes})`).join(', ') || 'none'
    const big = luns.filter((lun) => lun.sizeBytes >= wantedBytes)
    const inState = (states: readonly string[]) =>
      big.filter((lun) => states.includes(this.claimOf(lun.number)?.state ?? 'none'))
    const words =
      big.length === 0
        ? `the largest of ${luns.length} has ${Math.max(0, ...luns.map((lun) => lun.sizeBytes))}`
        : `of those that are large enough, in use: ${sizes(inState(['ready', 'making']))}; in quarantine: ` +
          `${sizes(inState(['quarantined', 'wiping']))}; with data of nobody's (see the ledger): ${sizes(inState(['none', 'free']))}`
    return new AppError(
      'insufficient_capacity',
      `no LUN of ${wantedBytes} bytes is free for '${name}': ${words}`,
    )
  }
}
