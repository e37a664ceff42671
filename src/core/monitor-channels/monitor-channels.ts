import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { OperationContext } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { can } from '../guests/rules.ts'
import type { DisplayAddress, Terminal } from '../hypervisor.ts'
import { requirePermission } from '../identity/permissions.ts'

export interface MonitorChannel {
  id: string
  kind: 'vnc' | 'serial'
  /** What a VNC viewer must answer; empty where the server does not ask. */
  password: string
}

/** What a websocket is joined to. */
export type ChannelTarget =
  | { kind: 'vnc'; guest: string; display: DisplayAddress }
  | { kind: 'serial'; guest: string; open(size: { columns: number; rows: number }): Promise<Terminal> }

/** An unused channel is released after this time. */
const lifetimeMs = 60_000

export type MonitorChannels = ReturnType<typeof createMonitorChannels>

/**
 * One-shot, expiring tickets to a console: whoever holds the id connects, once. They live in memory, since a restart
 * ends every console anyway.
 */
export function createMonitorChannels(deps: GuestDeps) {
  const channels = new Map<string, { guest: string; kind: 'vnc' | 'serial'; expiresAt: number }>()
  const sweep = () => {
    for (const [id, channel] of channels) if (channel.expiresAt <= deps.now()) channels.delete(id)
  }
  return {
    /** A dry run checks, and opens none: it has no id. */
    async create(op: OperationContext, guestId: string, kind: 'vnc' | 'serial'): Promise<MonitorChannel> {
      const guest = deps.zone.db.select().from(schema.guest).where(eq(schema.guest.id, guestId)).get()
      if (!guest) throw new AppError('not_found', `there is no guest '${guestId}'`, { field: 'guest' })
      requirePermission(op, 'guest.console', guest)
      if (!can('console', await deps.live.look(guestId)))
        throw new AppError(
          'conflict',
          `guest '${guest.name}' does not run, so it has no console; start it first`,
        )
      if (op.dryRun) return { id: '', kind, password: '' }
      sweep()
      const id = randomBytes(24).toString('base64url')
      channels.set(id, { guest: guestId, kind, expiresAt: deps.now() + lifetimeMs })
      return { id, kind, password: deps.secrets.decrypt(guest.monitorSecret, `guest:${guestId}:monitor`) }
    },

    /** Throws `not_found` for an id that is unknown, used or expired. */
    async consume(id: string): Promise<ChannelTarget> {
      sweep()
      const channel = channels.get(id)
      if (!channel) throw notFound('monitor channel', id)
      channels.delete(id)
      const { guest } = channel
      return channel.kind === 'vnc'
        ? { kind: 'vnc', guest, display: await deps.hypervisor.display(guest) }
        : { kind: 'serial', guest, open: (size) => deps.hypervisor.serial(guest, size) }
    },
  }
}
