import type { DomainStats } from '../hypervisor.ts'
import type { HostCounters, Speeds } from './figure.ts'

/** Looks closer together than this say more of the clock than of what is looked at. */
export const shortestSpanMs = 500

/** Counters that only rise while the thing they count runs on. */
interface Counters {
  bytesRead: number
  bytesWritten: number
  bytesReceived: number
  bytesSent: number
}

export interface Rates extends Speeds {
  cpuUsagePercent: number
}

/** Of a guest between two looks; undefined where it began anew meanwhile, so that nothing can be said of the span. */
export function guestRates(before: DomainStats, after: DomainStats, spanMs: number): Rates | undefined {
  const speeds = speedsOf(before, after, spanMs)
  const cpuNs = after.cpuTimeNs - before.cpuTimeNs
  if (!speeds || cpuNs < 0) return undefined
  const cores = Math.max(1, after.cores)
  return { ...speeds, cpuUsagePercent: percent(cpuNs / 1e6 / spanMs / cores) }
}

/** Of the host; undefined after it booted, or when a disk or an interface with its counters has gone. */
export function hostRates(before: HostCounters, after: HostCounters, spanMs: number): Rates | undefined {
  const speeds = speedsOf(before, after, spanMs)
  const total = after.cpuTotal - before.cpuTotal
  if (!speeds || total <= 0) return undefined
  return { ...speeds, cpuUsagePercent: percent((after.cpuBusy - before.cpuBusy) / total) }
}

/** Least part that is believed: those who work for us may fare better than we do, and work becomes slower by waiting. */
const leastPart = 0.2

/**
 * What part of the time from the begin of some work to its end is work, on a host whose processors have other things
 * to do as well; the rest is waiting for one. Taken from how the asking thread fared.
 */
export function workingPart(before: HostCounters, after: HostCounters): number {
  const run = after.ownRunNs - before.ownRunNs
  const wait = after.ownWaitNs - before.ownWaitNs
  return run > 0 && wait >= 0 ? Math.max(leastPart, run / (run + wait)) : 1
}

function speedsOf(before: Counters, after: Counters, spanMs: number): Speeds | undefined {
  const perSecond = (name: keyof Counters) => ((after[name] - before[name]) * 1000) / spanMs
  const speeds = {
    readBytesPerSecond: perSecond('bytesRead'),
    writeBytesPerSecond: perSecond('bytesWritten'),
    receiveBytesPerSecond: perSecond('bytesReceived'),
    sendBytesPerSecond: perSecond('bytesSent'),
  }
  // A counter that fell has wrapped or begun anew, and the others may have with it.
  return spanMs > 0 && Object.values(speeds).every((speed) => speed >= 0) ? speeds : undefined
}

const percent = (part: number) => Math.round(Math.min(1, Math.max(0, part)) * 10_000) / 100
