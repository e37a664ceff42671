import * as v from 'valibot'
import type { GuestCounts } from '../../core/figures/places.ts'
import type { CellStatus, PoolStatus, ZoneStatus } from '../../core/figures/status.ts'
import type { Totals } from '../../core/figures/totals.ts'
import { timeText } from './guest-wire.ts'

const count = v.number()
const pairs = (description: string) => v.pipe(v.tuple([count, count]), v.description(description))
const bytes = (description: string) => v.pipe(v.number(), v.description(`${description}, in bytes.`))
const speed = (description: string) =>
  v.pipe(v.number(), v.description(`${description}, in bytes per second.`))

const totalsEntries = {
  cpu_usage: v.pipe(v.number(), v.description('Percent of all cores together, 0 to 100.')),
  max_cpu: v.pipe(v.number(), v.description('Cores.')),
  available_memory: bytes('Memory that could be given away'),
  max_memory: bytes('All memory'),
  available_disk: bytes('Room on the storage of new guests; what is in quarantine counts as room'),
  max_disk: bytes('Size of that storage'),
  read_speed: speed('Read from disks'),
  write_speed: speed('Written to disks'),
  receive_speed: speed('Received from networks'),
  send_speed: speed('Sent to networks'),
}

const instances = v.pipe(
  v.tuple([count, count, count, count]),
  v.description('Guests: [stopped, running, lost, migrating].'),
)

export const zoneReply = v.pipe(
  v.object({
    name: v.string(),
    pools: pairs('[disabled, enabled].'),
    cells: pairs('[offline, online].'),
    instances,
    ...totalsEntries,
    start_time: v.pipe(v.string(), v.description('When the appliance was started; UTC.')),
  }),
  v.metadata({ ref: 'ZoneStatus' }),
)

export const poolReply = v.pipe(
  v.object({
    name: v.string(),
    enabled: v.boolean(),
    cells: pairs('[offline, online].'),
    instances,
    ...totalsEntries,
  }),
  v.metadata({ ref: 'PoolStatus' }),
)

export const cellReply = v.pipe(
  v.object({
    name: v.string(),
    address: v.string(),
    enabled: v.boolean(),
    alive: v.boolean(),
    instances,
    ...totalsEntries,
  }),
  v.metadata({ ref: 'CellStatus' }),
)

const instanceCounts = ({ stopped, running, lost, migrating }: GuestCounts) => [
  stopped,
  running,
  lost,
  migrating,
]

const totalsElement = (totals: Totals) => ({
  cpu_usage: totals.cpuUsagePercent,
  max_cpu: totals.cores,
  available_memory: totals.memoryAvailableBytes,
  max_memory: totals.memoryBytes,
  available_disk: totals.diskAvailableBytes,
  max_disk: totals.diskBytes,
  read_speed: Math.round(totals.readBytesPerSecond),
  write_speed: Math.round(totals.writeBytesPerSecond),
  receive_speed: Math.round(totals.receiveBytesPerSecond),
  send_speed: Math.round(totals.sendBytesPerSecond),
})

export const zoneElement = (zone: ZoneStatus) => ({
  name: zone.name,
  pools: [zone.pools.disabled, zone.pools.enabled],
  cells: [zone.cells.offline, zone.cells.online],
  instances: instanceCounts(zone.guests),
  ...totalsElement(zone),
  start_time: timeText(zone.startedAt),
})

export const poolElement = (pool: PoolStatus) => ({
  name: pool.name,
  enabled: pool.enabled,
  cells: [pool.cells.offline, pool.cells.online],
  instances: instanceCounts(pool.guests),
  ...totalsElement(pool),
})

export const cellElement = (cell: CellStatus) => ({
  name: cell.name,
  address: cell.address,
  enabled: cell.enabled,
  alive: cell.alive,
  instances: instanceCounts(cell.guests),
  ...totalsElement(cell),
})
