// Ten thousand guests in the record and on the pretended host, without making each of them.
import * as schema from '../../src/db/schema.ts'
import { maxRows } from '../../src/zone/local-zone.ts'
import type { Change } from '../../src/zone/zone.ts'
import type { TestAppliance } from '../support/appliance.ts'

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')

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
    const runs = index % 3 !== 2
    const state = runs ? ({ state: 'running', live: defined, startedAtMs: Date.now() } as const) : {}
    hypervisor.world.domains.set(id, { ...domain, id, name: defined.domainName, defined, ...state })
  }
  const info = { who: 'stage', requestId: 'stage', action: 'many guests' }
  for (let first = 0; first < count; first += maxRows)
    await zone.commit(
      info,
      made.slice(first, first + maxRows).map((identity): Change<'guest'> => {
        const after = { ...row, ...identity, disks: [], seed: null, nvram: null }
        return { table: 'guest', key: identity.id, before: null, after }
      }),
    )
  await live.refresh()
  const recorded = zone.db.$count(schema.guest)
  if ((await recorded) < count) throw new Error('not all guests are in the record')
  return made.map(({ name }) => name)
}
