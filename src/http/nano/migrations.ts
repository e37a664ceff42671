import * as v from 'valibot'
import type { Migration, Migrations } from '../../core/migrations/migrations.ts'
import { type Operation, operation } from '../operation.ts'
import { text, texts, whole } from './identity-schemas.ts'

const tag = 'Migrations'

const entries = {
  finished: v.boolean(),
  progress: whole('Percent.', 0, 100),
  error: v.optional(text('Why it failed.')),
}

/** Clients of the original send empty texts for what they leave out. */
const optional = (description: string) =>
  v.optional(
    v.pipe(
      text(description),
      v.transform((value) => value || undefined),
    ),
  )

const body = v.object({
  source_pool: text('Compute pool of the guests.'),
  source_cell: text('Cell that the guests are on.'),
  target_pool: optional('The same compute pool, or left out.'),
  target_cell: optional('Cell that they move to.'),
  instances: v.optional(v.nullable(texts('Ids of the guests; all of the cell when left out.'))),
})

const element = ({ id, finished, progress, error }: Migration) => ({ id, finished, progress, error })

export const migrationOperations = ({ migrations }: { migrations: Migrations }): Operation[] => [
  operation({
    id: 'migration.list',
    method: 'GET',
    path: '/migrations',
    summary: 'Migrations that go on',
    tag,
    reply: v.array(v.object({ id: v.string(), ...entries })),
    access: 'compute.read',
    handle: (op) => ({ data: migrations.list(op).map(element) }),
  }),
  operation({
    id: 'migration.get',
    method: 'GET',
    path: '/migrations/:id',
    summary: 'How far a migration is: 201 while it goes on, then 200',
    tag,
    params: v.object({ id: text('Id of the migration.') }),
    reply: v.object(entries),
    status: [200, 201],
    access: 'compute.read',
    handle(op, { params }) {
      const { id: _, ...data } = element(migrations.get(op, params.id))
      return { data, status: data.finished ? 200 : 201 }
    },
  }),
  operation({
    id: 'migration.start',
    method: 'POST',
    path: '/migrations',
    aliases: ['/migrations/:id'],
    summary: 'Move guests to another cell; refused while no other cell of the zone runs',
    tag,
    body,
    reply: v.object({ id: v.string() }),
    access: 'compute.write',
    handle: (op, { body }) =>
      migrations.start(op, {
        sourcePool: body.source_pool,
        sourceCell: body.source_cell,
        targetPool: body.target_pool,
        targetCell: body.target_cell,
        instances: body.instances ?? undefined,
      }),
  }),
]
