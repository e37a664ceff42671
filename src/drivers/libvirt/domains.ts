// The life of a domain: defined, started, restored, ended.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../core/context.ts'
import { AppError, hasCode } from '../../core/errors.ts'
import type { DomainSpec, DomainState, DomainSummary, Hypervisor } from '../../core/hypervisor.ts'
import { agentAnswers } from './agent.ts'
import { domainXml } from './domain-xml.ts'
import { says } from './errors.ts'
import { renamedXml } from './found-domain.ts'
import { agentChannel } from './live-xml.ts'
import { restoredXml } from './saved-image.ts'
import type { Virsh } from './virsh.ts'
import * as commands from './virsh.ts'

type Domains = Pick<
  Hypervisor,
  | 'define'
  | 'undefine'
  | 'start'
  | 'restore'
  | 'destroy'
  | 'shutdown'
  | 'reboot'
  | 'reset'
  | 'pause'
  | 'resume'
  | 'state'
  | 'list'
>

export function createDomains(virsh: Virsh, log: Log): Domains {
  const definitions = new Definitions(virsh)
  // Unknown until a start with a weight has failed; containers and hosts without cgroups have none.
  let cpuWeights = true

  const xmlOf = async (spec: DomainSpec) =>
    domainXml(spec, { bufferedPaths: await bufferedPaths(spec), cpuWeights })

  const launch = async (spec: DomainSpec, state: DomainState): Promise<void> => {
    const xml = await xmlOf(spec)
    if (state === 'absent') return commands.domainDefineAndStart(virsh, spec.id, xml)
    await definitions.ensure(spec.id, xml)
    await commands.domainStart(virsh, spec.id)
  }

  const start = async (spec: DomainSpec): Promise<void> => {
    const state = await domainState(virsh, spec.id)
    if (isActive(state)) return whenUp(virsh, spec.id, state)
    try {
      await launch(spec, state)
    } catch (error) {
      // Another start, cut off from its caller, may have come first.
      if (says(error, /already active|already running/)) return whenUp(virsh, spec.id, 'paused')
      if (!cpuWeights || !spec.qos?.cpuPriority || !says(error, /CPU tuning is not available/)) throw error
      cpuWeights = false
      log.warn({ domain: spec.id }, 'libvirt has no cgroups here, so CPU priorities have no effect')
      await launch(spec, await domainState(virsh, spec.id))
    }
  }

  return {
    define: async (spec) => definitions.define(spec.id, await xmlOf(spec)),
    async undefine(id, { again } = { again: false }) {
      definitions.forget(id)
      await unlessAbsent(commands.domainUndefine(virsh, id, again))
    },
    start,
    async restore(spec, memoryPath) {
      const state = await domainState(virsh, spec.id)
      if (isActive(state)) return whenUp(virsh, spec.id, state)
      await definitions.ensure(spec.id, await xmlOf(spec))
      const saved = await commands.savedImageXml(virsh, memoryPath)
      await commands.domainRestore(virsh, memoryPath, restoredXml(saved, spec))
    },
    async destroy(id) {
      await unlessStopped(commands.domainDestroy(virsh, id))
    },
    shutdown: (id) => unlessStopped(withAgentOrAcpi(virsh, id, commands.domainShutdown)),
    reboot: (id) => withAgentOrAcpi(virsh, id, commands.domainReboot),
    reset: (id) => commands.domainReset(virsh, id),
    pause: (id) => commands.domainSuspend(virsh, id),
    resume: (id) => commands.domainResume(virsh, id),
    state: (id) => domainState(virsh, id),
    list: () => listDomains(virsh),
  }
}

const startPollMs = 200
const longestStartMs = 120_000

/**
 * Waits for a start that another caller, perhaps one that was killed, has begun: libvirt goes on with it alone, and
 * shows the guest as paused until then. A guest that is paused for another reason is left so.
 */
async function whenUp(virsh: Virsh, id: string, state: DomainState): Promise<void> {
  const deadline = performance.now() + longestStartMs
  for (let now = state; now === 'paused'; now = await domainState(virsh, id)) {
    if (!/starting up|migrating|saving/.test(await commands.domainReason(virsh, id))) return
    if (performance.now() > deadline)
      throw new AppError('busy', 'libvirt has not finished starting this guest')
    await delay(startPollMs)
  }
}

/** Skips a `define` that would change nothing: a process less on each start. */
class Definitions {
  readonly #virsh: Virsh
  /** What we wrote, and how libvirt showed it right after; both hashed. */
  readonly #known = new Map<string, { ours: string; shown: string }>()

  constructor(virsh: Virsh) {
    this.#virsh = virsh
  }

  async define(id: string, xml: string): Promise<void> {
    if (await defineUnderName(this.#virsh, id, xml))
      this.#known.set(id, { ours: digest(xml), shown: await this.#shown(id) })
  }

  async ensure(id: string, xml: string): Promise<void> {
    const known = this.#known.get(id)
    if (known?.ours === digest(xml) && known.shown === (await this.#shown(id))) return
    await this.define(id, xml)
  }

  forget(id: string): void {
    this.#known.delete(id)
  }

  async #shown(id: string): Promise<string> {
    return digest(await this.#virsh.reader.read({ words: 'dumpxml --inactive', id }).catch(() => ''))
  }
}

/**
 * Libvirt refuses a known UUID under another name, which an adopted domain has. One that does not run is defined anew; one
 * that runs keeps its name until it stops. Answers whether it is defined as told.
 */
async function defineUnderName(virsh: Virsh, id: string, xml: string): Promise<boolean> {
  try {
    await commands.domainDefine(virsh, xml)
    return true
  } catch (error) {
    if (!says(error, /is already defined with uuid/)) throw error
    if (isActive(await domainState(virsh, id))) {
      const { name } =
        parseNames(await virsh.reader.read({ words: 'names' })).find((one) => one.id === id) ?? {}
      if (name === undefined) throw error
      await commands.domainDefine(virsh, renamedXml(xml, name))
      return false
    }
    await commands.domainUndefine(virsh, id, true)
    await commands.domainDefine(virsh, xml)
    return true
  }
}

const digest = (words: string) => createHash('sha256').update(words).digest('base64')

/** Disks on file systems that refuse O_DIRECT; a file that is not there is for QEMU to complain about. */
async function bufferedPaths(spec: DomainSpec): Promise<Set<string>> {
  const paths = spec.disks.flatMap(({ source }) => (source.kind === 'file' ? [source.path] : []))
  const refused = await Promise.all(paths.map(refusesDirectIo))
  return new Set(paths.filter((_, index) => refused[index]))
}

async function refusesDirectIo(path: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_DIRECT | constants.O_NONBLOCK)
    await file.close()
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EINVAL'
  }
}

const states: Record<string, DomainState> = {
  running: 'running',
  idle: 'running',
  paused: 'paused',
  pmsuspended: 'paused',
  'in shutdown': 'stopping',
  'shut off': 'stopped',
  crashed: 'crashed',
}

export const isActive = (state: DomainState) =>
  state === 'running' || state === 'paused' || state === 'stopping'

/** The state by libvirt's word for it. */
export function stateOf(word: string): DomainState {
  const state = states[word.trim()]
  if (state) return state
  throw new Error(`libvirt reports an unknown domain state: '${word.trim()}'`)
}

export async function domainState(virsh: Virsh, id: string): Promise<DomainState> {
  try {
    return stateOf(await virsh.reader.read({ words: 'domstate', id }))
  } catch (error) {
    if (hasCode(error, 'not_found')) return 'absent'
    throw error
  }
}

async function listDomains(virsh: Virsh): Promise<DomainSummary[]> {
  const ids = async (which: 'running' | 'paused' | 'other') =>
    new Set((await virsh.reader.read({ words: 'list', which })).split('\n').map((id) => id.trim()))
  const [names, running, paused, other] = await Promise.all([
    virsh.reader.read({ words: 'names' }),
    ids('running'),
    ids('paused'),
    ids('other'),
  ])
  const summaries = parseNames(names).map(async ({ id, name }): Promise<DomainSummary> => {
    if (running.has(id)) return { id, name, state: 'running' }
    if (paused.has(id)) return { id, name, state: 'paused' }
    return { id, name, state: other.has(id) ? await domainState(virsh, id) : 'stopped' }
  })
  const found = await Promise.all(summaries)
  return found.filter(({ state }) => state !== 'absent')
}

/** Lines of `list --all --uuid --name`. */
export function parseNames(out: string): { id: string; name: string }[] {
  return out.split('\n').flatMap((line) => {
    const match = /^([0-9a-f-]{36})\s+(.*\S)\s*$/.exec(line)
    return match ? [{ id: match[1] ?? '', name: match[2] ?? '' }] : []
  })
}

async function unlessAbsent(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!hasCode(error, 'not_found')) throw error
  })
}

/** An absent domain, and one that does not run, are stopped. */
async function unlessStopped(work: Promise<void>): Promise<void> {
  await unlessAbsent(work).catch((error: unknown) => {
    if (!says(error, /domain is not running|domain is not active/)) throw error
  })
}

/** The agent's way is orderly on every system; a guest without one must understand the power button. */
async function withAgentOrAcpi(
  virsh: Virsh,
  id: string,
  act: (virsh: Virsh, id: string, mode: 'agent' | 'acpi') => Promise<void>,
): Promise<void> {
  const xml = await virsh.reader.read({ words: 'dumpxml', id })
  if (agentChannel(xml) === 'connected' && (await agentAnswers(virsh, id))) {
    try {
      return await act(virsh, id, 'agent')
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict') throw error
    }
  }
  await act(virsh, id, 'acpi')
}
