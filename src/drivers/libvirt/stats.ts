import type { DomainState, DomainStats } from '../../core/hypervisor.ts'
import { parseNames } from './domains.ts'
import { call, type Virsh } from './virsh.ts'

const groups = ['--state', '--cpu-total', '--balloon', '--vcpu', '--interface', '--block']

/** A process and a deadline of its own: a QEMU that hangs costs only its own figures. */
export async function domainStats(virsh: Virsh, ids?: readonly string[]): Promise<DomainStats[]> {
  const running = (await virsh.reader.read({ words: 'list', which: 'running' })).split('\n')
  const paused = (await virsh.reader.read({ words: 'list', which: 'paused' })).split('\n')
  const active = [...running, ...paused].filter((id) => id.length === 36)
  const wanted = ids === undefined ? active : ids.filter((id) => active.includes(id))
  if (wanted.length === 0) return []
  const names = parseNames(await virsh.reader.read({ words: 'names' }))
  const idOf = new Map(names.map(({ id, name }) => [name, id]))
  const out = await call(virsh, ['domstats', '--list-active', '--nowait', ...groups], {
    timeoutMs: 10_000 + 50 * active.length,
  })
  return parseStats(out).flatMap(({ name, figures }) => {
    const id = idOf.get(name)
    return id !== undefined && wanted.includes(id) ? [toStats(id, figures)] : []
  })
}

type Figures = ReadonlyMap<string, string>

export function parseStats(out: string): { name: string; figures: Figures }[] {
  const domains: { name: string; figures: Map<string, string> }[] = []
  for (const line of out.split('\n')) {
    const name = /^Domain: '(.*)'$/.exec(line)?.[1]
    if (name !== undefined) domains.push({ name, figures: new Map() })
    const pair = /^\s+([^=]+)=(.*)$/.exec(line)
    if (pair) domains.at(-1)?.figures.set(pair[1] ?? '', pair[2] ?? '')
  }
  return domains
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
