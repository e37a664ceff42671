import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Observation } from './nano/mount.ts'

/** One figure with its labels, e.g. `{labels: {state: 'running'}, value: 3}`. */
export interface Sample {
  labels?: Record<string, string>
  value: number
}

export interface GaugeSource {
  name: string
  help: string
  labels?: readonly string[]
  /** A counter only rises while the process runs; its name ends in `_total`. */
  type?: 'gauge' | 'counter'
  /** Called at each scrape; must be quick. */
  read(): readonly Sample[] | Promise<readonly Sample[]>
}

export interface Metrics {
  registry: Registry
  observe(observation: Observation): void
  add(source: GaugeSource): void
}

/** The figures of this process and of its requests, labelled by route pattern so that ids make no new series. */
export function createMetrics(sources: readonly GaugeSource[] = []): Metrics {
  const registry = new Registry()
  const seconds = new Histogram({
    name: 'nacelle_http_request_duration_seconds',
    help: 'Time to answer, by route; a stream counts until its end',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers: [registry],
  })
  const internal = new Counter({
    name: 'nacelle_http_internal_errors_total',
    help: 'Requests that ended in an internal error',
    registers: [registry],
  })
  const add = (source: GaugeSource) => addGauge(registry, source)
  for (const source of [...processSources, ...sources]) add(source)
  return {
    registry,
    add,
    observe({ method, pattern, status, seconds: taken }) {
      seconds.observe({ method, route: pattern, status: String(status) }, taken)
      if (status === 500) internal.inc()
    },
  }
}

function addGauge(registry: Registry, source: GaugeSource): void {
  const { name, help, labels = [] } = source
  const settings = { name, help, labelNames: [...labels], registers: [registry] }
  if (source.type === 'counter')
    new Counter({
      ...settings,
      async collect() {
        const samples = await source.read()
        this.reset()
        for (const { labels: given = {}, value } of samples) this.inc(given, value)
      },
    })
  else
    new Gauge({
      ...settings,
      async collect() {
        const samples = await source.read()
        this.reset()
        for (const { labels: given = {}, value } of samples) this.set(given, value)
      },
    })
}

// Not prom-client's defaults: its event-loop monitor wakes an idle process a hundred times a second.
const processSources: GaugeSource[] = [
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory',
    read: () => [{ value: process.memoryUsage.rss() }],
  },
  {
    name: 'process_cpu_seconds_total',
    help: 'CPU time, user and system',
    type: 'counter',
    read: () => [{ value: (process.cpuUsage().user + process.cpuUsage().system) / 1e6 }],
  },
  {
    name: 'process_start_time_seconds',
    help: 'Start since the epoch',
    read: () => [{ value: Math.round(Date.now() / 1000 - process.uptime()) }],
  },
]
