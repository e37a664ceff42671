// Filters of guests through virsh.
import { AppError } from '../../core/errors.ts'
import type { Hypervisor } from '../../core/hypervisor.ts'
import {
  type FilterDifferences,
  filterOf,
  type GuestFilters,
  isOpen,
  type TrafficFilter,
} from '../../core/traffic-filters.ts'
import { run } from '../exec.ts'
import { says } from './errors.ts'
import { buildFilter, editionOf, filterName, guestOfFilter, splitFilters } from './nwfilter-xml.ts'
import { call, type Virsh } from './virsh.ts'
import { defineFilterWords, undefineFilterWords } from './words.ts'

export function createNwfilters(virsh: Virsh): GuestFilters {
  return {
    apply: (filter) => apply(virsh, filter),
    remove: (id) => remove(virsh, id),
    compare: (wanted) => compare(virsh, wanted),
    async reinstate(filter) {
      const xml = (await definitions(virsh, [filterName(filter.id)])).get(filterName(filter.id)) ?? ''
      await define(virsh, buildFilter(filter, editionOf(xml, filter) === 'even' ? 'odd' : 'even'))
    },
  }
}

/** Defining the same again changes nothing: libvirt compares before it touches running guests. */
async function apply(virsh: Virsh, filter: TrafficFilter): Promise<void> {
  const name = filterName(filter.id)
  const xml = buildFilter(filter)
  try {
    await define(virsh, xml)
  } catch (error) {
    // Somebody has undefined it under a running guest, or made one of this name.
    if (!says(error, /already exists/)) throw error
    await call(virsh, undefineFilterWords(name))
    await define(virsh, xml)
  }
}

/** A running guest costs a hundred processes of ebtables and iptables, one after the other. */
const defineTimeoutMs = 180_000

async function define(virsh: Virsh, xml: string): Promise<void> {
  await call(virsh, defineFilterWords(), { inputs: [xml], timeoutMs: defineTimeoutMs })
}

async function remove(virsh: Virsh, id: string): Promise<void> {
  try {
    await call(virsh, undefineFilterWords(filterName(id)))
  } catch (error) {
    if (says(error, /Network filter not found|failed to get nwfilter/)) return
    if (says(error, /nwfilter is in use/))
      throw new AppError('conflict', 'a running guest is held to this filter', { cause: error })
    throw error
  }
}

async function compare(virsh: Virsh, wanted: readonly TrafficFilter[]): Promise<FilterDifferences> {
  const ours = (await filterNames(virsh)).filter((name) => guestOfFilter(name) !== undefined)
  const found = await definitions(virsh, ours)
  const isAsWanted = (filter: TrafficFilter) =>
    editionOf(found.get(filterName(filter.id)) ?? '', filter) !== undefined
  const known = new Set(wanted.map(({ id }) => id))
  return {
    differing: wanted.filter((filter) => !isAsWanted(filter)).map(({ id }) => id),
    orphaned: ours.flatMap((name) => guestOfFilter(name) ?? []).filter((id) => !known.has(id)),
    notInForce: await notInForce(virsh, wanted.filter(isAsWanted)),
  }
}

/** Lines of `nwfilter-list`: an id and a name. */
async function filterNames(virsh: Virsh): Promise<string[]> {
  const out = await call(virsh, ['nwfilter-list'])
  return [...out.matchAll(/^\s*[0-9a-f-]{36}\s+(\S+)\s*$/gm)].map((match) => match[1] ?? '')
}

/** One process for many: an argument holds at most 128 KiB. */
const atOnce = 1000

async function definitions(virsh: Virsh, names: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let from = 0; from < names.length; from += atOnce) {
    const words = names.slice(from, from + atOnce).map((name) => `nwfilter-dumpxml ${name}`)
    // One may have gone since it was listed. virsh goes on then, and what counts is how the last command ends.
    const out = await call(virsh, [[...words, 'nwfilter-list'].join('; ')])
    for (const [name, xml] of splitFilters(out)) found.set(name, xml)
  }
  return found
}

/** The running guests that the kernel has no chain for; asked of it only when some guest runs. */
async function notInForce(virsh: Virsh, filters: readonly TrafficFilter[]): Promise<string[]> {
  const cards = parseBindings(await call(virsh, ['nwfilter-binding-list']))
  const running = filters.flatMap((filter) => {
    const port = cards.get(filterName(filter.id))
    return port === undefined ? [] : [{ filter, port }]
  })
  if (running.length === 0) return []
  const frames = portsIn(
    (await run('ebtables', ['-t', 'nat', '-L', 'PREROUTING'])).stdout,
    /libvirt-I-(\S+)/g,
  )
  const isHeld = running.some(({ filter }) => !isOpen(filter.policy))
  const packets = portsIn(isHeld ? await chainOfPackets() : '', /-g FO-(\S+)/g)
  return running
    .filter(({ filter, port }) => !frames.has(port) || (!isOpen(filter.policy) && !packets.has(port)))
    .map(({ filter }) => filter.id)
}

const portsIn = (rules: string, chains: RegExp): Set<string> =>
  new Set([...rules.matchAll(chains)].map(([, port = '']) => port))

/** Empty when libvirt's chain has gone. */
const chainOfPackets = async (): Promise<string> =>
  (await run('iptables', ['-w', '-S', 'libvirt-out']).catch(() => ({ stdout: '' }))).stdout

/** Name of a filter → interface of the host that it is bound to. */
export function parseBindings(out: string): Map<string, string> {
  const lines = out.matchAll(/^\s*(\S+)\s+(\S+)\s*$/gm)
  return new Map([...lines].map(([, port = '', filter = '']) => [filter, port]))
}

type Filtered = Pick<Hypervisor, 'define' | 'start' | 'restore' | 'undefine'>

/** A domain cannot start without its filter, so every definition brings it along, and the last to go is the filter. */
export const withFilters = (domains: Filtered, filters: GuestFilters): Filtered => {
  const first = async (spec: Parameters<Filtered['define']>[0]) => {
    const filter = filterOf(spec)
    if (filter) await filters.apply(filter)
  }
  return {
    async define(spec) {
      await first(spec)
      await domains.define(spec)
    },
    async start(spec) {
      await first(spec)
      await domains.start(spec)
    },
    async restore(spec, memoryPath) {
      await first(spec)
      await domains.restore(spec, memoryPath)
    },
    async undefine(id, options) {
      await domains.undefine(id, options)
      await filters.remove(id)
    },
  }
}
