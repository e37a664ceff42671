import { readdir, readFile } from 'node:fs/promises'
import type { HostCounters, HostMeter } from '../../core/figures/figure.ts'
import { isThere } from './files.ts'

/** Disks and interfaces come and go seldom. */
const devicesMs = 60_000

interface Devices {
  disks: ReadonlySet<string>
  interfaces: ReadonlySet<string>
}

/** What the kernel counts: a few small files of /proc, read anew for each look. */
export function createHostMeter(): HostMeter {
  let devices: Devices | undefined
  let devicesAt = Number.NEGATIVE_INFINITY
  return {
    async read() {
      if (!devices || performance.now() - devicesAt > devicesMs) {
        devices = await findDevices()
        devicesAt = performance.now()
      }
      const [stat, meminfo, diskstats, net] = await Promise.all(
        ['stat', 'meminfo', 'diskstats', 'net/dev'].map((name) => readFile(`/proc/${name}`, 'utf8')),
      )
      const own = await readFile('/proc/self/schedstat', 'utf8').catch(() => '')
      return {
        ...parseStat(stat ?? ''),
        ...parseMeminfo(meminfo ?? ''),
        ...parseDiskstats(diskstats ?? '', devices.disks),
        ...parseNetDev(net ?? '', devices.interfaces),
        ...parseSchedstat(own),
      }
    },
  }
}

/**
 * What has hardware (real or virtual) behind it: partitions, RAID, LVM, loops, bonds, bridges and taps only pass on what
 * is counted there. A network namespace without hardware has links to others, which then count.
 */
async function findDevices(): Promise<Devices> {
  const disks = await withHardware('/sys/block')
  const interfaces = await withHardware('/sys/class/net')
  return { disks, interfaces: interfaces.size > 0 ? interfaces : await linksOut() }
}

async function withHardware(directory: string): Promise<Set<string>> {
  const names = await readdir(directory).catch(() => [])
  const found = await Promise.all(names.map((name) => isThere(`${directory}/${name}/device`)))
  return new Set(names.filter((_, index) => found[index]))
}

async function linksOut(): Promise<Set<string>> {
  const directory = '/sys/class/net'
  const names = (await readdir(directory).catch(() => [])).filter((name) => name !== 'lo')
  const inner = await Promise.all(
    names.map(
      async (name) =>
        (await isThere(`${directory}/${name}/bridge`)) || (await isThere(`${directory}/${name}/tun_flags`)),
    ),
  )
  return new Set(names.filter((_, index) => !inner[index]))
}

export function parseStat(text: string): Pick<HostCounters, 'cores' | 'cpuBusy' | 'cpuTotal'> {
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...interrupts] = (
    /^cpu\s+(.*)$/m.exec(text)?.[1] ?? ''
  )
    .trim()
    .split(/\s+/)
    // The last two of ten are guests' time, which `user` and `nice` contain.
    .slice(0, 8)
    .map(Number)
  const busy = user + nice + system + interrupts.reduce((sum, ticks) => sum + ticks, 0)
  return { cores: text.match(/^cpu\d+\s/gm)?.length ?? 0, cpuBusy: busy, cpuTotal: busy + idle + wait }
}

export function parseMeminfo(text: string): Pick<HostCounters, 'memoryBytes' | 'memoryAvailableBytes'> {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
  return { memoryBytes: bytes('MemTotal'), memoryAvailableBytes: bytes('MemAvailable') }
}

/** The kernel counts sectors of 512 bytes, whatever the disk's own are. */
const sectorBytes = 512

export function parseDiskstats(
  text: string,
  disks: ReadonlySet<string>,
): Pick<HostCounters, 'bytesRead' | 'bytesWritten'> {
  let [read, written] = [0, 0]
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/)
    if (!disks.has(words[2] ?? '')) continue
    read += Number(words[5])
    written += Number(words[9])
  }
  return { bytesRead: read * sectorBytes, bytesWritten: written * sectorBytes }
}

export function parseNetDev(
  text: string,
  interfaces: ReadonlySet<string>,
): Pick<HostCounters, 'bytesReceived' | 'bytesSent'> {
  let [bytesReceived, bytesSent] = [0, 0]
  for (const line of text.split('\n')) {
    const [, name = '', rest = ''] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? []
    if (!interfaces.has(name)) continue
    const words = rest.split(/\s+/)
    bytesReceived += Number(words[0])
    bytesSent += Number(words[8])
  }
  return { bytesReceived, bytesSent }
}

/** Of the thread that runs the event loop. A kernel that does not keep it says zeros. */
export function parseSchedstat(text: string): Pick<HostCounters, 'ownRunNs' | 'ownWaitNs'> {
  const [ownRunNs = 0, ownWaitNs = 0] = text.trim().split(/\s+/).map(Number)
  return { ownRunNs, ownWaitNs }
}
