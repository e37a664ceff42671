import { and, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { OperationContext } from '../context.ts'
import { hasCode } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { launch } from '../launch.ts'
import { hasMergeable } from './layers.ts'

/** Starts a task for each guest with layers that can be merged now, e.g. after a purge. Returns in words what it began. */
export async function mergeWaiting(deps: GuestDeps, op: OperationContext): Promise<string[]> {
  const begun: string[] = []
  for (const guest of guestsWithHidden(deps)) {
    if (deps.tasks.holder(`guest:${guest.id}`) || !hasMergeable(deps, guest.id)) continue
    try {
      await launch(op, deps.tasks, {
        kind: 'snapshot.merge',
        subject: `guest:${guest.id}`,
        params: { guest: guest.id, guestName: guest.name },
        locks: { exclusive: [`guest:${guest.id}`] },
        settleMs: 0,
      })
      begun.push(`began to merge layers of guest '${guest.name}'`)
    } catch (error) {
      // Somebody was quicker; the next pass comes.
      if (!hasCode(error, 'busy')) throw error
    }
  }
  return begun
}

function guestsWithHidden({ zone, cell }: GuestDeps): { id: string; name: string }[] {
  const { guest, volume } = schema
  return zone.db
    .selectDistinct({ id: guest.id, name: guest.name })
    .from(guest)
    .innerJoin(volume, and(eq(volume.owner, guest.id), eq(volume.hidden, true), eq(volume.state, 'ready')))
    .where(and(eq(guest.cell, cell), eq(guest.state, 'ready')))
    .all()
}
