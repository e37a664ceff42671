// What the calls of this driver would run, for dry runs.
import type { DomainSpec } from '../../core/hypervisor.ts'
import type { DomainCard, HypervisorCommands } from '../../core/hypervisor-commands.ts'
import { filterOf } from '../../core/traffic-filters.ts'
import { virshWords } from './network-commands.ts'
import { filterName } from './nwfilter-xml.ts'
import { bandwidthArguments, cpuShares, diskRateArguments } from './rates.ts'
import * as words from './words.ts'

/** `uri` as of the hypervisor. */
export function createCommands(uri: string): HypervisorCommands {
  const shown = (...lists: string[][]) => lists.map((list) => ['virsh', ...virshWords(uri, list)])
  return {
    ...lifeCommands(shown),
    changeMedia: (id) => shown(words.updateDeviceWords(id)),
    resizeDisk: (id, target, sizeBytes) => shown(words.blockResizeWords(id, target, sizeBytes)),
    adjust: (spec, what) => shown(...adjustments[what](spec)),
    setPassword: (id, user) => shown(agentCall(id, words.passwordCall(user, '***'))),
    freeze: (id) => shown(agentCall(id, words.freezeCall)),
    thaw: (id) => shown(agentCall(id, words.thawCall)),
    trim: (id) => shown(agentCall(id, words.trimCall)),
    createSnapshot: (id, request) => shown(words.snapshotWords(id, words.snapshotFlags(request))),
    saveMemory: (id) => shown(words.snapshotWords(id, [])),
    pull: (id, target, basePath) => shown(words.pullWords(id, target, basePath)),
    commit: (id, target, layers) =>
      shown(words.commitWords(id, target, layers), ...(layers.active ? [words.pivotWords(id, target)] : [])),
  }
}

type Life = Pick<
  HypervisorCommands,
  | 'define'
  | 'start'
  | 'restore'
  | 'undefine'
  | 'destroy'
  | 'shutdown'
  | 'reboot'
  | 'reset'
  | 'pause'
  | 'resume'
>

const lifeCommands = (shown: (...lists: string[][]) => string[][]): Life => ({
  define: (card) => shown(...filterFirst(card), words.defineWords()),
  start: (card, definition) => shown(...filterFirst(card), ...starting[definition](card.id)),
  restore: (card, memoryPath) =>
    shown(...filterFirst(card), words.defineWords(), words.restoreWords(memoryPath)),
  undefine: (id, { again } = { again: false }) =>
    shown(words.undefineWords(id, again), words.undefineFilterWords(filterName(id))),
  destroy: (id) => shown(words.destroyWords(id)),
  shutdown: (id, mode) => shown(words.shutdownWords(id, mode)),
  reboot: (id, mode) => shown(words.rebootWords(id, mode)),
  reset: (id) => shown(words.resetWords(id)),
  pause: (id) => shown(words.suspendWords(id)),
  resume: (id) => shown(words.resumeWords(id)),
})

const filterFirst = (card: DomainCard): string[][] => (filterOf(card) ? [words.defineFilterWords()] : [])

const starting = {
  absent: (id: string) => [words.defineAndStartWords(id)],
  changed: (id: string) => [words.defineWords(), words.startWords(id)],
  known: (id: string) => [words.startWords(id)],
}

type Adjustment = Parameters<HypervisorCommands['adjust']>[1]

const adjustments: Record<Adjustment, (spec: DomainSpec) => string[][]> = {
  cores: ({ id, cores }) => [words.setCoresWords(id, cores, '--live')],
  memory: ({ id, memoryBytes }) => [words.attachDeviceWords(id), words.setMemoryWords(id, memoryBytes)],
  cpuPriority: ({ id, qos }) => [words.cpuSharesWords(id, cpuShares(qos))],
  diskRates: ({ id, disks, qos }) =>
    disks.map(({ target }) => words.diskRateWords(id, target, diskRateArguments(qos))),
  networkRates: ({ id, network, qos }) =>
    network ? [words.networkRateWords(id, network.mac, bandwidthArguments(qos))] : [],
  display: ({ id, display }) => (display.kind === 'unix' ? [] : [words.updateDeviceWords(id)]),
}

const agentCall = (id: string, { command, seconds }: typeof words.freezeCall): string[] => [
  ...words.agentWords(id, seconds),
  JSON.stringify(command),
]
