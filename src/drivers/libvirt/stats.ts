import type { DomainState, DomainStats } from '../../core/hypervisor.ts'
import { parseNames } from './domains.ts'
import type { ReadSession } from './session.ts'

/** Who may be asked: `figures` is a session of its own, so that a QEMU that hangs delays nothing but figures. */
export interface StatsSessions {
  reader: ReadSession
  figures: ReadSession
}

/** Domains whose lines are read in one go, before others have their turn. */
const domainsAtOnce = 50

/**
 * Figures of the running domains, from one call for all of them. One that is busy with something else is left out: it
 * costs nobody but itself its figures.
 */
export async function domainStats(
  { reader, figures }: StatsSessions,
  ids?: readonly string[],
): Promise<DomainStats[]> {
  const names = parseNames(await reader.read({ words: 'names' }))
  if (names.length === 0) return []
  const wanted = ids && new Set(ids)
  const idOf = new Map(names.map(({ id, name }) => [name, id]))
  const out = await figures.read({ words: 'domstats' }, { timeoutMs: 10_000 + 50 * names.length })
  const found: DomainStats[] = []
  let count = 0
  for (const domain of eachDomain(out)) {
    const id = idOf.get(domain.name)
    if (id !== undefined && (!wanted || wanted.has(id)) && isWhole(domain.figures))
      found.push(toStats(id, domain.figures))
    if (++count % domainsAtOnce === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return found
}

type Figures = ReadonlyMap<string, string>

/** Of a domain that another job holds, `--nowait` tells only what QEMU need not be asked for. */
const isWhole = (figures: Figures) =>
  figures.has('cpu.time') && figures.has('balloon.current') && figures.has('block.count')

export const parseStats = (out: string): { name: string; figures: Figures }[] => [...eachDomain(out)]

function* eachDomain(out: string): Generator<{ name: string; figures: Figures }> {
  let current: { name: string; figures: Map<string, string> } | undefined
  for (let at = 0; at < out.length; ) {
    const newline = out.indexOf('\n', at)
    const end = newline === -1 ? out.length : newline
    const line = out.slice(at, end)
    at = end + 1
    if (line.startsWith("Domain: '")) {
      if (current) yield current
      current = { name: line.slice(9, line.lastIndexOf("'")), figures: new Map() }
      continue
    }
    const equals = line.indexOf('=')
    if (current && equals > 0) current.figures.set(line.slice(0, equals).trim(), line.slice(equals + 1))
  }
  if (current) yield current
}
/** Numbers of libvirt's virDomainState. */
const states: Record<string, DomainState> = {
  1: 'running',
  2: 'running',
  3: 'paused',
  4: 'stopping',
  5: 'stopped',
  6: 'crashed',
  7: 'paused',
}

const kib = 1024

export function toStats(id: string, figures: Figures): DomainStats {
  const figure = (name: string) => Number(figures.get(name) ?? 0)
  const each = (kind: 'net' | 'block') => Array.from({ length: figure(`${kind}.count`) }, (_, index) => index)
  const sum = (kind: 'net' | 'block', name: string) =>
    each(kind).reduce((total, index) => total + figure(`${kind}.${index}.${name}`), 0)
  return {
    id,
    state: states[figures.get('state.state') ?? ''] ?? 'running',
    cpuTimeNs: figure('cpu.time'),
    cores: figure('vcpu.current'),
    memoryBytes: figure('balloon.current') * kib,
    // `usable` counts the page cache as available, `unused` does not; older guests report only the latter.
    memoryAvailableBytes: figure(figures.has('balloon.usable') ? 'balloon.usable' : 'balloon.unused') * kib,
    bytesRead: sum('block', 'rd.bytes'),
    bytesWritten: sum('block', 'wr.bytes'),
    readOperations: sum('block', 'rd.reqs'),
    writeOperations: sum('block', 'wr.reqs'),
    bytesReceived: sum('net', 'rx.bytes'),
    bytesSent: sum('net', 'tx.bytes'),
    disks: each('block')
      .map((index) => ({
        target: figures.get(`block.${index}.name`) ?? '',
        capacityBytes: figure(`block.${index}.capacity`),
        allocationBytes: figure(`block.${index}.physical`),
      }))
      .filter(({ target }) => target.startsWith('vd')),
  }
}
