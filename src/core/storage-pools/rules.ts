import { AppError, invalid } from '../errors.ts'
import { poolTypes } from './pool-types.ts'
import type { CheckedPool, StoragePool } from './storage-pool.ts'

const namePattern = /^[A-Za-z0-9][\w.-]{0,63}$/

/** 1 to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit. */
export function checkPoolName(name: string): void {
  if (!namePattern.test(name))
    throw invalid(
      'name',
      `a pool name has 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit`,
    )
}

/** The same storage cannot be two pools: each would report the other's volumes. */
export function checkDisjoint(pool: CheckedPool, others: readonly StoragePool[]): void {
  const { type } = pool.options
  const other = others.find((it) => it.type === type && poolTypes[type].overlaps(pool, it))
  if (other)
    throw new AppError(
      'conflict',
      `target '${pool.target}' overlaps that of pool '${other.name}', ${other.target}`,
      { field: 'target' },
    )
}
