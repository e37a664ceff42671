import * as v from 'valibot'
import { type GuestCount, guestOrders, shownStates } from '../../core/guests/find.ts'
import type { Guests } from '../../core/guests/guests.ts'
import type { Instances } from '../../core/instances/instances.ts'
import { type Operation, operation } from '../operation.ts'
import { instanceReply } from './guest-schemas.ts'
import { type GuestNames, instanceElement } from './guest-wire.ts'
import { text } from './identity-schemas.ts'

const tag = 'Guests'

const wanted = (description: string) =>
  v.optional(v.pipe(v.string('must be text'), v.description(description)))

const body = v.object({
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)), 20),
  offset: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  pool: wanted('Compute pool.'),
  cell: wanted('Cell.'),
  owner: wanted('Owner.'),
  group: wanted('User group.'),
  keyword: wanted('Part of the full name, of an address, also of the card, of the id, or of a tag.'),
  tags: v.optional(
    v.pipe(
      v.array(v.string('must be text'), 'must be a list of texts'),
      v.description('All of them; left out or empty: any guest.'),
    ),
  ),
  states: v.optional(
    v.pipe(
      v.array(
        v.picklist(shownStates, `must be one of ${shownStates.join(', ')}`),
        'must be a list of states',
      ),
      v.description('Any of them; left out or empty: all.'),
    ),
  ),
  sort: v.optional(
    v.pipe(
      v.picklist(guestOrders, `must be one of ${guestOrders.join(', ')}`),
      v.description('What is equal goes by full name.'),
    ),
    'name',
  ),
  descending: v.optional(v.boolean('must be true or false'), false),
})

const number = v.pipe(v.number(), v.integer())
const counts = v.pipe(
  v.object(Object.fromEntries(shownStates.map((state) => [state, number])) as StateEntries),
  v.description('How many guests are in each state.'),
  v.metadata({ ref: 'GuestStateCounts' }),
)
type StateEntries = Record<(typeof shownStates)[number], typeof number>

const countReply = { total: number, states: counts }

const countElement = ({ total, states }: GuestCount) => ({ total, states })

export interface FindServices {
  guests: Guests
  instances: Instances
  guestNames: GuestNames
}

export const guestFindOperations = (services: FindServices): Operation[] => {
  const { guests, instances, guestNames } = services
  return [
    operation({
      id: 'guest.find',
      method: 'POST',
      path: '/search/guests',
      summary: 'One page of guests by place, people, state, tags and keyword, in the order that is asked for',
      description:
        '`counts` has the states of all that match, whatever `states` asks for. The figures are those of the last look.',
      tag,
      body,
      reply: v.object({
        result: v.array(instanceReply),
        total: number,
        counts,
        limit: number,
        offset: number,
      }),
      access: 'guest.read',
      handle(op, { body: { sort, ...rest } }) {
        const found = guests.find(op, { ...rest, order: sort })
        const result = found.guests.map((guest) =>
          instanceElement(guest, guestNames, instances.knownFigures(op, guest)),
        )
        const { limit, offset } = rest
        return { data: { result, total: found.total, counts: found.counts, limit, offset } }
      },
    }),
    operation({
      id: 'guest.count',
      method: 'GET',
      path: '/guest_counts',
      summary: 'How many guests there are, by state, of all and of each compute pool that has some',
      tag,
      reply: v.object({
        ...countReply,
        pools: v.array(v.object({ pool: text('Compute pool.'), ...countReply })),
      }),
      access: 'guest.read',
      handle(op) {
        const { pools, ...all } = guests.count(op)
        const each = [...pools].map(([pool, count]) => ({ pool, ...countElement(count) }))
        return { data: { ...countElement(all), pools: each.sort((a, b) => (a.pool < b.pool ? -1 : 1)) } }
      },
    }),
    operation({
      id: 'guest.tags',
      method: 'GET',
      path: '/guest_tags',
      summary: 'All tags in use, with the number of guests that have each',
      tag,
      reply: v.array(v.object({ tag: text('As the guests have it.'), guests: number })),
      access: 'guest.read',
      handle(op) {
        const each = [...guests.countTags(op)].map(([name, count]) => ({ tag: name, guests: count }))
        return { data: each.sort((a, b) => (a.tag < b.tag ? -1 : 1)) }
      },
    }),
  ]
}
