import { count } from 'drizzle-orm'
import * as schema from '../db/schema.ts'
import type { GaugeSource } from '../http/metrics.ts'
import type { Appliance } from './appliance.ts'
import { figureGauges } from './figure-gauges.ts'

/** The appliance's own figures at /metrics. */
export const gauges = (appliance: Appliance): GaugeSource[] => [
  ...ownGauges(appliance),
  ...figureGauges(appliance),
]

const ownGauges = ({ zone, live, tasks, reconcilers, stateDisk }: Appliance): GaugeSource[] => [
  {
    name: 'nacelle_guests',
    help: 'Guests in the record, and of them those that run',
    labels: ['state'],
    read() {
      const total = zone.db.select({ n: count() }).from(schema.guest).get()?.n ?? 0
      const running = live.runningIds().length
      return [
        { labels: { state: 'running' }, value: running },
        { labels: { state: 'stopped' }, value: Math.max(0, total - running) },
      ]
    },
  },
  {
    name: 'nacelle_tasks',
    help: 'Tasks that have not ended, by state',
    labels: ['state'],
    read: () =>
      (['queued', 'running', 'unwinding', 'stuck'] as const).map((state) => ({
        labels: { state },
        value: tasks.list({ state, limit: 1 }).total,
      })),
  },
  {
    name: 'nacelle_reconciler_failed',
    help: '1 where the last pass of a reconciler failed',
    labels: ['reconciler'],
    read: () =>
      reconcilers
        .status()
        .map(({ name, lastError }) => ({ labels: { reconciler: name }, value: lastError ? 1 : 0 })),
  },
  {
    name: 'nacelle_read_only',
    help: '1 while changes are refused because the disk of the record is full',
    read: () => [{ value: stateDisk.status().readOnlySince === null ? 0 : 1 }],
  },
  {
    name: 'nacelle_state_disk_free_bytes',
    help: 'Free bytes of the file system that the record lies on, without the reserve',
    read: () => [{ value: stateDisk.status().freeBytes }],
  },
  {
    name: 'nacelle_state_disk_reserve_bytes',
    help: 'Bytes kept back there for tasks to end; 0 while they are given back',
    read: () => [{ value: stateDisk.status().reserveBytes }],
  },
  { name: 'nacelle_zone_revision', help: 'Revision of the record', read: () => [{ value: zone.revision() }] },
]
