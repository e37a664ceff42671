import * as v from 'valibot'
import type { MonitorChannels } from '../../core/monitor-channels/monitor-channels.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'

export const monitorChannelOperations = ({ channels }: { channels: MonitorChannels }): Operation[] => [
  operation({
    id: 'monitor_channel.create',
    method: 'POST',
    path: '/monitor_channels',
    aliases: ['/monitor_channels/:id'],
    summary: 'A one-shot ticket to the console of a running guest',
    description:
      'Connect a websocket to /monitor_channels/<id> with the sub-protocol `binary` within a minute.',
    tag: 'Consoles',
    body: v.object({
      guest: v.pipe(v.string('must be text'), v.description('Id of the guest.')),
      protocol: v.optional(
        v.pipe(
          v.picklist(['vnc', 'serial'], 'must be vnc or serial'),
          v.description('Graphical or serial console.'),
        ),
        'vnc',
      ),
    }),
    reply: v.object({ id: v.string(), protocol: v.string(), username: v.string(), password: v.string() }),
    access: 'guest.console',
    async handle(op, { body }) {
      const channel = await channels.create(op, body.guest, body.protocol)
      if (op.dryRun)
        return changed(op, { effects: [{ effect: `open a channel to the ${channel.kind} console` }] })
      return { data: { id: channel.id, protocol: channel.kind, username: '', password: channel.password } }
    },
  }),
]
