// One `virsh event --all --loop` tells of everything that happens to domains.
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../core/context.ts'
import type { DomainEvent } from '../../core/hypervisor.ts'
import { spawnLong } from '../exec.ts'
import { parseNames } from './domains.ts'
import type { Virsh } from './virsh.ts'

const shortestPauseMs = 250
const longestPauseMs = 10_000

/**
 * Calls the listener until the signal aborts. After each (re)connection it gets an event with an empty id and the
 * detail `Connected`: what happened before is not known, so look.
 */
export function watchEvents(
  virsh: Virsh,
  listener: (event: DomainEvent) => void,
  signal: AbortSignal,
  log: Log,
): void {
  void keepWatching(virsh, listener, signal, log)
}

async function keepWatching(
  virsh: Virsh,
  listener: (event: DomainEvent) => void,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const names = new NameBook(virsh)
  let pauseMs = shortestPauseMs
  while (!signal.aborted) {
    const began = performance.now()
    const words = await follow(virsh, names, listener, signal)
    if (signal.aborted) return
    if (performance.now() - began > longestPauseMs) pauseMs = shortestPauseMs
    log.warn({ words, pauseMs }, 'the event stream of libvirt ended; it is opened again')
    await delay(pauseMs, undefined, { signal }).catch(() => undefined)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

/** One process from its start to its end; returns what it said on stderr. */
async function follow(
  virsh: Virsh,
  names: NameBook,
  listener: (event: DomainEvent) => void,
  signal: AbortSignal,
): Promise<string> {
  const words = ['-c', virsh.uri, 'event', '--all', '--loop', '--timestamp']
  const child = spawnLong('virsh', words, { signal })
  const ready = names.refresh().then(() => listener({ id: '', kind: 'other', detail: 'Connected' }))
  // In order, one at a time: a name may have to be looked up.
  let turn: Promise<void> = ready.catch(() => undefined)
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const event = parseEvent(line)
      if (event) turn = turn.then(() => deliver(event, names, listener))
    }
  })
  await child.exited
  await turn
  return child.stderr().trim()
}

async function deliver(
  event: ParsedEvent,
  names: NameBook,
  listener: (event: DomainEvent) => void,
): Promise<void> {
  const id = await names.idOf(event.domain, event.detail.startsWith('Defined'))
  listener({ id: id ?? '', kind: event.kind, detail: event.detail })
}

/** Events name domains; the book keeps the ids of those that have gone. */
class NameBook {
  readonly #virsh: Virsh
  readonly #ids = new Map<string, string>()

  constructor(virsh: Virsh) {
    this.#virsh = virsh
  }

  async refresh(): Promise<void> {
    const out = await this.#virsh.reader.read({ words: 'names' })
    for (const { id, name } of parseNames(out)) this.#ids.set(name, id)
  }

  async idOf(name: string, look: boolean): Promise<string | undefined> {
    if (look || !this.#ids.has(name)) await this.refresh().catch(() => undefined)
    return this.#ids.get(name)
  }
}

export interface ParsedEvent {
  domain: string
  kind: DomainEvent['kind']
  detail: string
}

const kinds: [RegExp, DomainEvent['kind']][] = [
  [/^lifecycle$/, 'lifecycle'],
  [/^agent-lifecycle$/, 'agent'],
  [/^reboot$/, 'reboot'],
  [/^block-job/, 'block-job'],
  [/^(device-|tray-change$|disk-change$)/, 'device'],
  [/^io-error/, 'io-error'],
]

/** One line; `undefined` for what is none, and for libvirt's second form of an event that came already. */
export function parseEvent(line: string): ParsedEvent | undefined {
  const match = /^(?:\S+ \S+: )?event '([^']+)' for domain '(.*?)'(?: disk [^:]*)?(?:: ?(.*))?$/.exec(line)
  const [, name = '', domain = '', detail = ''] = match ?? []
  if (!match || name === 'block-job' || name === 'io-error') return undefined
  const kind = kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'other'
  return { domain, kind, detail: kind === 'other' ? `${name} ${detail}`.trim() : detail || name }
}
