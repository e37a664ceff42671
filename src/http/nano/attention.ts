import * as v from 'valibot'
import type { Attention } from '../../core/attention/attention.ts'
import { needKinds } from '../../core/attention/needs.ts'
import { type Operation, operation } from '../operation.ts'
import { text } from './identity-schemas.ts'

const need = v.pipe(
  v.object({
    id: text('Stable while the same thing is wrong.'),
    severity: v.picklist(['error', 'warning']),
    kind: v.picklist(needKinds),
    subject: text('Id of the task or guest, name of the pool or reconciler, check of the doctor.'),
    sentence: text('What is wrong.'),
    mend: text('What puts it right.'),
    since: v.pipe(v.nullable(v.string()), v.description('UTC; null where nobody noted it.')),
  }),
  v.metadata({ ref: 'Need' }),
)

export const attentionOperations = ({ attention }: { attention: Attention }): Operation[] => [
  operation({
    id: 'attention.list',
    method: 'GET',
    path: '/attention',
    summary: 'What needs a person, the worst first, each with what puts it right',
    description:
      'As far as the caller may read what it is about. The host and the storage pools are looked at behind the back of the callers, so that the first answers after a start may lack what is wrong with them.',
    tag: 'System',
    reply: v.array(need),
    access: 'session',
    handle: async (op) => ({
      data: (await attention.list(op)).map(({ since, ...rest }) => ({
        ...rest,
        since: since === undefined ? null : new Date(since).toISOString(),
      })),
    }),
  }),
]
