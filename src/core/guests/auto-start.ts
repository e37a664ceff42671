import { and, asc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { OperationContext } from '../context.ts'
import type { StartParams } from '../instances/power.ts'
import { launch } from '../launch.ts'
import type { GuestDeps } from './deps.ts'

/** A host that has just booted starts its guests one after the other, so that it is not crushed. */
export async function startAutomatically(deps: GuestDeps, op: OperationContext): Promise<string[]> {
  const guests = deps.zone.db
    .select()
    .from(schema.guest)
    .where(
      and(
        eq(schema.guest.cell, deps.cell),
        eq(schema.guest.autoStart, true),
        eq(schema.guest.state, 'ready'),
      ),
    )
    .orderBy(asc(schema.guest.createdAt))
    .all()
  const started: string[] = []
  for (const guest of guests) {
    if (deps.live.running(guest.id) || deps.tasks.holder(`guest:${guest.id}`)) continue
    try {
      await launch<StartParams>(op, deps.tasks, {
        kind: 'instance.start',
        subject: `guest:${guest.id}`,
        params: {
          id: guest.id,
          name: guest.name,
          boot: 'disk',
          media: null,
          previousMedia: guest.media,
          bootUri: null,
        },
        locks: { exclusive: [`guest:${guest.id}`] },
        settleMs: 60_000,
      })
      started.push(guest.name)
    } catch (error) {
      op.log.warn({ err: error, guest: guest.id }, `guest '${guest.name}' could not be started with the host`)
    }
  }
  return started
}
