import type { Row } from './rows.ts'
import type { ZoneTableName } from './tables.ts'

const nouns = {
  setting: 'setting',
  role: 'role',
  userGroup: 'user group',
  user: 'user',
  membership: 'membership',
  token: 'token',
  computePool: 'compute pool',
  cell: 'cell',
  storagePool: 'storage pool',
  addressPool: 'address pool',
  addressRange: 'address range',
  address: 'address',
  image: 'image',
  guest: 'guest',
  securityPolicyGroup: 'security policy group',
  template: 'template',
  snapshot: 'snapshot',
  volume: 'volume',
  lunClaim: 'LUN claim',
  logEntry: 'log entry',
} satisfies Record<ZoneTableName, string>

/** How messages call a row's kind. */
export const nounOf = (table: ZoneTableName, row?: Row): string => {
  if (table === 'image' && row) return `${row['kind']} image`
  if (table === 'volume' && row) return `${row['kind']} volume`
  return nouns[table]
}

/** How messages call a row: its name where it has one, else its key. */
export const nameOf = (key: string, row?: Row): string => {
  const name = row?.['name']
  return typeof name === 'string' ? name : key
}

const article = (noun: string) => (/^[aeiou]/.test(noun) && !/^us/.test(noun) ? 'an' : 'a')

/** `a user group 'x' exists` for a key that is taken. */
export function describeTakenKey(table: ZoneTableName, key: string, row: Row): string {
  if (table === 'membership') return `the user '${row['user']}' is already in the group '${row['group']}'`
  if (table === 'address') return `the address '${row['address']}' of the pool '${row['pool']}' is taken`
  const noun = nounOf(table, row)
  return `${article(noun)} ${noun} named '${nameOf(key, row)}' exists`
}

/** `a guest named 'web1' exists in group 'manager'` for a claim that is taken. */
export function describeTakenClaim(table: ZoneTableName, claim: readonly string[], row: Row): string {
  const noun = nounOf(table, row)
  const head = claim.at(-1)!
  const rest = claim.slice(0, -1).filter((property) => property !== 'kind')
  const named = head === 'name' ? `named '${row[head]}'` : `with the ${label(head)} '${row[head]}'`
  const within = rest.map((property) => ` in ${label(property)} '${row[property]}'`).join('')
  return `${article(noun)} ${noun} ${named} exists${within}`
}

const label = (property: string) => (property === 'mac' ? 'MAC address' : property)
