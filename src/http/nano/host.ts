import * as v from 'valibot'
import type { Host } from '../../core/host/host.ts'
import { type Operation, operation } from '../operation.ts'
import { whole } from './identity-schemas.ts'
import { launched } from './launched.ts'

export const hostOperations = ({ host }: { host: Host }): Operation[] => [
  operation({
    id: 'host.stop_guests',
    method: 'POST',
    path: '/host/stop_guests',
    summary: 'Stop the running guests of this host in order, as before it goes down',
    description:
      'Lower priorities first, asked through the agent or by ACPI; what has not followed in time is ended. While it ' +
      'lasts no guest is started. The header `Nacelle-Task` names the task.',
    tag: 'System',
    body: v.object({
      timeout: v.optional(
        whole('Seconds for all; the setting `host.shutdown_timeout_s` when left out.', 10, 3600),
      ),
    }),
    reply: v.object({ task: v.pipe(v.string(), v.description('Id of the task.')) }),
    status: [202],
    access: 'system.write',
    async handle(op, { body: { timeout } }) {
      const outcome = await host.stopGuests(op, timeout)
      return launched(outcome, {
        data: 'task' in outcome ? { task: outcome.task.id } : undefined,
        status: 202,
      })
    },
  }),
]
