import type { HostCounters } from '../core/figures/figure.ts'
import type { FiguresService } from '../core/figures/figures.ts'
import type { GuestFigures } from '../core/figures/guest-figures.ts'
import type { Settings } from '../core/settings/settings.ts'
import * as schema from '../db/schema.ts'
import type { GaugeSource, Sample } from '../http/metrics.ts'
import type { Zone } from '../zone/zone.ts'

interface FigureGaugeParts {
  zone: Zone
  figures: FiguresService
  settings: Settings
  cell: string
}

/** However many guests a host has, a scrape has no more series than these have. */
const mostGuests = 2_000

/** Live figures at /metrics: of this cell, of its guests where the setting lets it, and of the looking itself. */
export const figureGauges = (parts: FigureGaugeParts): GaugeSource[] => [
  ...samplerGauges(parts.figures),
  ...cellGauges(parts),
  ...guestGauges(parts),
]

const one = (value: number): Sample[] => [{ value }]

const samplerGauges = ({ sampler }: FiguresService): GaugeSource[] => [
  {
    name: 'nacelle_sampler_interval_seconds',
    help: 'Time between two looks at the figures of host and guests; it grows so that they cost little',
    read: () => one(sampler().intervalMs / 1000),
  },
  {
    name: 'nacelle_sampler_cost_ratio',
    help: 'Part of one core that looking costs, libvirt and QEMU included; kept below 0.05',
    read: () => one(sampler().costRatio),
  },
  {
    name: 'nacelle_sampler_look_duration_seconds',
    help: 'How long the last look took',
    read: () => one(sampler().durationMs / 1000),
  },
  {
    name: 'nacelle_sampler_looks_total',
    help: 'Looks at the figures of host and guests',
    type: 'counter',
    read: () => one(sampler().looks),
  },
  {
    name: 'nacelle_sampler_failures_total',
    help: 'Parts of looks that failed and left a gap',
    type: 'counter',
    read: () => one(sampler().failures),
  },
]

function cellGauges({ figures, cell }: FigureGaugeParts): GaugeSource[] {
  const labels = { cell }
  const level = (name: string, help: string, value: () => number): GaugeSource => ({
    ...{ name: `nacelle_cell_${name}`, help, labels: ['cell'] },
    read: () => (figures.ofCell(cell).updatedAt === null ? [] : [{ labels, value: value() }]),
  })
  const counter = (name: string, help: string, value: (counters: HostCounters) => number): GaugeSource => ({
    ...{ name: `nacelle_cell_${name}`, help, labels: ['cell'], type: 'counter' },
    read() {
      const counters = figures.hostCounters()
      return counters ? [{ labels, value: value(counters) }] : []
    },
  })
  const now = () => figures.ofCell(cell)
  return [
    level('cpu_cores', 'Cores of the host', () => now().cores),
    level('cpu_usage_ratio', 'Busy part of all cores together', () => now().cpuUsagePercent / 100),
    level('memory_bytes', 'Memory of the host', () => now().memoryBytes),
    level('memory_available_bytes', 'Memory that could be given away', () => now().memoryAvailableBytes),
    level('storage_bytes', 'Size of the storage of new guests', () => now().diskBytes),
    level('storage_available_bytes', 'Room on it, quarantine included', () => now().diskAvailableBytes),
    counter('disk_read_bytes_total', 'Read from the disks of the host', ({ bytesRead }) => bytesRead),
    counter(
      'disk_written_bytes_total',
      'Written to the disks of the host',
      ({ bytesWritten }) => bytesWritten,
    ),
    counter('network_receive_bytes_total', 'Received by the host', ({ bytesReceived }) => bytesReceived),
    counter('network_transmit_bytes_total', 'Sent by the host', ({ bytesSent }) => bytesSent),
  ]
}

type Measured = { labels: Record<string, string>; figures: GuestFigures }

function guestGauges(parts: FigureGaugeParts): GaugeSource[] {
  const measured = measuredGuests(parts)
  const source = (
    name: string,
    help: string,
    value: (figures: GuestFigures) => number,
    type: 'gauge' | 'counter' = name.endsWith('_total') ? 'counter' : 'gauge',
  ): GaugeSource => ({
    ...{ name: `nacelle_guest_${name}`, help, labels: ['guest', 'name'], type },
    read: () => measured().map(({ labels, figures }) => ({ labels, value: value(figures) })),
  })
  return [
    source('cpu_seconds_total', 'Processor time', ({ stats }) => stats.cpuTimeNs / 1e9),
    source('cpu_cores', 'Virtual cores', ({ stats }) => stats.cores),
    source('memory_bytes', 'Memory given to the guest', ({ stats }) => stats.memoryBytes),
    source(
      'memory_available_bytes',
      'Of it unused, as the guest says; 0 when it does not',
      ({ stats }) => stats.memoryAvailableBytes,
    ),
    source('disk_read_bytes_total', 'Read from its disks', ({ stats }) => stats.bytesRead),
    source('disk_written_bytes_total', 'Written to its disks', ({ stats }) => stats.bytesWritten),
    source('disk_reads_total', 'Read operations', ({ stats }) => stats.readOperations),
    source('disk_writes_total', 'Write operations', ({ stats }) => stats.writeOperations),
    source('network_receive_bytes_total', 'Received by the guest', ({ stats }) => stats.bytesReceived),
    source('network_transmit_bytes_total', 'Sent by the guest', ({ stats }) => stats.bytesSent),
  ]
}

/** Running guests with their full names, put together once for all the metrics of a scrape. */
function measuredGuests({ zone, figures, settings }: FigureGaugeParts): () => readonly Measured[] {
  let seen: { looks: number; revision: number; guests: Measured[] } | undefined
  const { guest } = schema
  return () => {
    if (!settings.get('metrics.guests')) return []
    const { looks } = figures.sampler()
    if (seen?.looks === looks && seen.revision === zone.revision()) return seen.guests
    const rows = zone.db.select({ id: guest.id, group: guest.group, name: guest.name }).from(guest).all()
    const guests = rows
      .flatMap(({ id, group, name }) => {
        const found = figures.guests.of(id)
        return found ? [{ labels: { guest: id, name: `${group}.${name}` }, figures: found }] : []
      })
      .slice(0, mostGuests)
    seen = { looks, revision: zone.revision(), guests }
    return guests
  }
}
