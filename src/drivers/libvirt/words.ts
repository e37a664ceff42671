// The words of each virsh command that changes something: both what is run and what a dry run shows.

/** The first of `inputs`, as virsh can open it. */
export const input = '/dev/fd/3'

type Mode = 'agent' | 'acpi'

export const defineWords = () => ['define', input]
export const defineFilterWords = () => ['nwfilter-define', input]
export const undefineFilterWords = (name: string) => ['nwfilter-undefine', name]
export const startWords = (id: string) => ['start', id]
/** One argument with two commands: a process less. */
export const defineAndStartWords = (id: string) => [`${defineWords().join(' ')}; ${startWords(id).join(' ')}`]

export const undefineWords = (id: string, again: boolean) => [
  ...['undefine', id, '--keep-nvram'],
  again ? '--keep-tpm' : '--tpm',
  '--managed-save',
]

export const destroyWords = (id: string) => ['destroy', id]
export const shutdownWords = (id: string, mode: Mode) => ['shutdown', id, '--mode', mode]
export const rebootWords = (id: string, mode: Mode) => ['reboot', id, '--mode', mode]
export const resetWords = (id: string) => ['reset', id]
export const suspendWords = (id: string) => ['suspend', id]
export const resumeWords = (id: string) => ['resume', id]

export const restoreWords = (memoryPath: string) => [
  ...['restore', '--file', memoryPath, '--xml', input],
  '--running',
]

export const updateDeviceWords = (id: string, force = false) => [
  ...['update-device', id, input, '--live'],
  ...(force ? ['--force'] : []),
]

export const attachDeviceWords = (id: string) => ['attach-device', id, input, '--live']

export const blockResizeWords = (id: string, target: string, sizeBytes: number) => [
  ...['blockresize', id, target],
  `${sizeBytes}B`,
]

export const setCoresWords = (id: string, cores: number, where: '--live' | '--guest') => [
  ...['setvcpus', id, String(cores)],
  where,
]

export const setMemoryWords = (id: string, memoryBytes: number) => [
  ...['setmem', id, `${Math.round(memoryBytes / 1024)}KiB`],
  '--live',
]

export const cpuSharesWords = (id: string, shares: number) => [
  ...['schedinfo', id, '--live', '--set'],
  `cpu_shares=${shares}`,
]

export const diskRateWords = (id: string, target: string, rates: readonly string[]) => [
  ...['blkdeviotune', id, target, ...rates],
  '--live',
]

export const networkRateWords = (id: string, mac: string, rates: readonly string[]) => [
  ...['domiftune', id, mac, ...rates],
  '--live',
]

export const snapshotWords = (id: string, flags: readonly string[]) => [
  ...['snapshot-create', id, input, '--no-metadata', '--atomic'],
  ...flags,
]

/** With memory the guest is paused while the file is written; only so is the image as small as its memory. */
export function snapshotFlags(request: { memoryPath?: string; quiesce: boolean }): string[] {
  if (request.memoryPath) return []
  return ['--disk-only', ...(request.quiesce ? ['--quiesce'] : [])]
}

export const pullWords = (id: string, target: string, basePath: string | null) => [
  ...['blockpull', id, target],
  ...(basePath === null ? [] : ['--base', basePath]),
]

export const commitWords = (
  id: string,
  target: string,
  layers: { topPath: string; basePath: string; active?: boolean },
) => [
  ...['blockcommit', id, target, '--top', layers.topPath, '--base', layers.basePath],
  ...(layers.active ? ['--active'] : []),
]

export const pivotWords = (id: string, target: string) => ['blockjob', id, target, '--pivot']

/** Up to the JSON of the command itself. `timeoutSeconds` is libvirt's patience with the agent. */
export const agentWords = (id: string, timeoutSeconds: number) => [
  ...['qemu-agent-command', id, '--timeout'],
  String(timeoutSeconds),
]

export interface AgentCommand {
  execute: string
  arguments?: Record<string, unknown>
}

const quickSeconds = 5
/** Freezing waits for the guest's own writes; thawing must not fail for want of patience. */
const freezeSeconds = 30
/** A large disk has much to say. */
const trimSeconds = 600

interface AgentCall {
  command: AgentCommand
  seconds: number
}

export const freezeCall: AgentCall = { command: { execute: 'guest-fsfreeze-freeze' }, seconds: freezeSeconds }
export const thawCall: AgentCall = { command: { execute: 'guest-fsfreeze-thaw' }, seconds: freezeSeconds }
export const trimCall: AgentCall = { command: { execute: 'guest-fstrim' }, seconds: trimSeconds }

/** `password` as the agent takes it (base64), or `***` to be shown. */
export const passwordCall = (username: string, password: string): AgentCall => ({
  command: { execute: 'guest-set-user-password', arguments: { username, password, crypted: false } },
  seconds: quickSeconds,
})
