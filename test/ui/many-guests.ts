// Ten thousand guests in the record and on the pretended host, without making each of them.
import * as schema from '../../src/db/schema.ts'
import type { TestAppliance } from '../support/appliance.ts'

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')

const rowsAtOnce = 250
const roles = ['web', 'db', 'cache', 'build', 'desk']

/** Names, MACs and addresses that differ; `web-00000`, `db-00001`… */
const identityOf = (index: number) => ({
  id: `${hex(index, 8)}-0000-4000-8000-${hex(index, 12)}`,
  name: `${roles[index % roles.length]}-${String(index).padStart(5, '0')}`,
  mac: `52:54:01:${hex(index >> 16, 2)}:${hex((index >> 8) & 255, 2)}:${hex(index & 255, 2)}`,
  address: `10.99.${index >> 8}.${index & 255}`,
})

/** Adds `count` guests like the guest `pattern`, without disks; two of three run. Gives the names by their index. */
export async function addGuests(
  { appliance, hypervisor }: TestAppliance,
  pattern: string,
  count: number,
): Promise<string[]> {
  const { zone, live } = appliance
  const row = zone.db.query.guest.findFirst({ where: (guest, { eq }) => eq(guest.id, pattern) }).sync()
  const domain = hypervisor.world.domains.get(pattern)
  if (!row || !domain?.defined) throw new Error('there is no guest to make the others of')
  const made = Array.from({ length: count }, (_, index) => identityOf(index))
  for (const [index, { id, name }] of made.entries()) {
    const defined = { ...domain.defined, id, domainName: `${row.group}.${name}`, disks: [] }
    const runs = index % 3 !== 0
    const state = runs ? 'running' : 'stopped'
    const live = runs ? defined : null
    hypervisor.world.domains.set(id, { ...domain, id, name: defined.domainName, defined, live, state })
  }
  // Nobody has asked yet, so nothing that follows the change feed misses them; commits would take half a minute.
  const rows = made.map((identity) => ({ ...row, ...identity, disks: [], seed: null, nvram: null }))
  zone.db.transaction((db) => {
    for (let first = 0; first < count; first += rowsAtOnce)
      db.insert(schema.guest)
        .values(rows.slice(first, first + rowsAtOnce))
        .run()
  })
  await live.refresh()
  return made.map(({ name }) => name)
}
