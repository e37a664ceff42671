import * as v from 'valibot'
import { foundKinds, type Search } from '../../core/search/search.ts'
import { type Operation, operation } from '../operation.ts'
import { text, wholeText } from './identity-schemas.ts'

const found = v.pipe(
  v.object({
    kind: v.picklist(foundKinds),
    id: text('By which it is read: id of a guest, image or task, name of the others.'),
    name: text('Name; of a guest with its group, of a task its title.'),
    detail: text('What tells it from others of its name.'),
  }),
  v.metadata({ ref: 'Found' }),
)

export const searchOperations = ({ search }: { search: Search }): Operation[] => [
  operation({
    id: 'search.find',
    method: 'GET',
    path: '/search',
    summary: 'What somebody may mean by a word: guests, images, pools, users and tasks',
    description:
      'Guests by name, id, address and MAC, images by name and id, pools by name and target or gateway, users by name, nick and mail, tasks by the beginning of their id. Only what the caller may read; what begins with the word comes first.',
    tag: 'System',
    query: v.object({
      q: text('The word.'),
      limit: v.optional(wholeText('The most of each kind.', 1, 50), '5'),
    }),
    reply: v.array(found),
    access: 'session',
    handle: (op, { query: { q, limit } }) => ({ data: search.find(op, { text: q, limit }) }),
  }),
]
