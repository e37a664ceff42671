import { AppError } from '../core/errors.ts'
import { describeTakenClaim, describeTakenKey, nameOf, nounOf } from './nouns.ts'
import type { Row, RowStore } from './rows.ts'
import { type ZoneTable, type ZoneTableName, zoneTables } from './tables.ts'
import type { Change } from './zone.ts'

type Stores = (table: ZoneTableName) => RowStore

const conflict = (message: string, details: Record<string, unknown>) =>
  new AppError('conflict', message, {
    details,
    field: typeof details['column'] === 'string' ? details['column'] : undefined,
  })

/** The version that was read must still be the one that is there. */
export function checkVersion(store: RowStore, change: Change): void {
  const current = store.version(change.key)
  if ((current ?? null) === change.before) return
  const { table, key } = change
  const row = store.get(key) ?? (change.after as Row | null) ?? undefined
  const name = `${nounOf(table, row)} '${nameOf(key, row)}'`
  const details = { table, key, version: current ?? null }
  if (change.before === null)
    throw conflict(describeTakenKey(table, key, row!), { ...details, column: store.spec.key })
  if (current === undefined) throw conflict(`the ${name} no longer exists`, details)
  throw conflict(
    `the ${name} was changed meanwhile (its version is ${current}, version ${change.before} was read): read it again`,
    details,
  )
}

/** Asked when all rows of the commit are written, so that a commit may move a claim from one row to another. */
export function checkRules(stores: Stores, change: Change): void {
  if (change.after === null) checkNotPointedAt(stores, change)
  else {
    checkClaims(stores, change)
    checkReferences(stores, change)
  }
}

function checkClaims(stores: Stores, { table, key, after }: Change): void {
  const store = stores(table)
  const row = after as Row
  for (const claim of store.spec.unique) {
    if (claim.some((property) => row[property] === null || row[property] === undefined)) continue
    const other = store.find(claim, row, 2).find((found) => found[store.spec.key] !== key)
    if (other)
      throw conflict(describeTakenClaim(table, claim, row), {
        table,
        key: other[store.spec.key],
        column: claim.at(-1),
      })
  }
}

function checkReferences(stores: Stores, { table, key, after }: Change): void {
  for (const [column, target] of Object.entries<ZoneTableName>(zoneTables[table].references)) {
    const value = (after as Row)[column]
    if (value === null || value === undefined) continue
    if (stores(target).version(String(value)) !== undefined) continue
    throw conflict(`there is no ${nounOf(target)} '${value}'`, { table, key, column, target, value })
  }
}

/** Table and property of everything that may point at a table. */
const pointers = new Map<ZoneTableName, { table: ZoneTableName; column: string }[]>()
for (const [table, spec] of Object.entries(zoneTables) as [ZoneTableName, ZoneTable][])
  for (const [column, target] of Object.entries(spec.references))
    pointers.set(target, [...(pointers.get(target) ?? []), { table, column }])

function checkNotPointedAt(stores: Stores, change: Change): void {
  for (const { table, column } of pointers.get(change.table) ?? []) {
    const store = stores(table)
    const count = store.count(column, change.key)
    if (count === 0) continue
    const row = store.find([column], { [column]: change.key }, 1)[0]!
    const key = String(row[store.spec.key])
    const more = count > 1 ? ` and ${count - 1} more` : ''
    throw conflict(
      `the ${nounOf(change.table)} '${change.key}' is still used by the ${nounOf(table, row)} '${nameOf(key, row)}'${more}`,
      { table, key, column, count },
    )
  }
}
