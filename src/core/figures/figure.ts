/** What is measured of everything alike: a guest, a cell, a compute pool, the zone. */
export const figureFields = [
  'cpuUsagePercent',
  'memoryAvailableBytes',
  'diskAvailableBytes',
  'readBytesPerSecond',
  'writeBytesPerSecond',
  'receiveBytesPerSecond',
  'sendBytesPerSecond',
] as const

export type FigureField = (typeof figureFields)[number]

/** NaN where it is not known. */
export type Figures = Record<FigureField, number>

export interface Speeds {
  readBytesPerSecond: number
  writeBytesPerSecond: number
  receiveBytesPerSecond: number
  sendBytesPerSecond: number
}

/** What a cell has and does now: for the status pages, and for whoever chooses a cell for a new guest. */
export interface CellFigures extends Speeds {
  cell: string
  /** Whether the cell answers now; all figures of one that does not are 0. */
  alive: boolean
  /** When it was looked at last, in milliseconds since 1970; null before the first look. */
  updatedAt: number | null
  cores: number
  /** Of all its cores together, 0 to 100. */
  cpuUsagePercent: number
  memoryBytes: number
  memoryAvailableBytes: number
  /** Of the storage pool on which new guests of the cell land; what quarantine holds counts as available. */
  diskBytes: number
  diskAvailableBytes: number
}

/** Cumulative counters of a host, and its levels. */
export interface HostCounters {
  cores: number
  /** Time of all cores together since the host booted; only ratios of them mean something. */
  cpuBusy: number
  cpuTotal: number
  memoryBytes: number
  memoryAvailableBytes: number
  bytesRead: number
  bytesWritten: number
  bytesReceived: number
  bytesSent: number
  /** Of the thread that asks: how long it ran, and how long it wanted to run and had no processor. Both 0 if unknown. */
  ownRunNs: number
  ownWaitNs: number
}

/** The host that this appliance runs on; fulfilled by drivers/host. */
export interface HostMeter {
  read(): Promise<HostCounters>
}
