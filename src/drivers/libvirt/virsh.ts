// One small function for each virsh command: what is passed, and what comes back as typed values.
import { run } from '../exec.ts'
import { says, understood } from './errors.ts'
import { virshWords } from './network-commands.ts'
import { assertUuid, type ReadSession } from './session.ts'
import * as words from './words.ts'

/** How commands reach libvirt. */
export interface Virsh {
  uri: string
  reader: ReadSession
}

interface CallOptions {
  timeoutMs?: number
  signal?: AbortSignal
  inputs?: readonly string[]
  stdin?: string
  redact?: readonly string[]
  onStderr?(text: string): void
  onStdout?(text: string): void
}

/** Runs virsh with these words; errors that are understood become AppErrors. */
export async function call(
  virsh: Virsh,
  command: readonly string[],
  options: CallOptions = {},
): Promise<string> {
  try {
    return (await run('virsh', virshWords(virsh.uri, command), options)).stdout
  } catch (error) {
    throw understood(error)
  }
}

export async function domainDefine(virsh: Virsh, xml: string): Promise<void> {
  await call(virsh, words.defineWords(), { inputs: [xml] })
}

const startTimeoutMs = 120_000

export async function domainStart(virsh: Virsh, id: string): Promise<void> {
  await call(virsh, words.startWords(assertUuid(id)), { timeoutMs: startTimeoutMs })
}

/** Only for a domain that is not defined yet: virsh goes on after a failed command, and would start the old one. */
export async function domainDefineAndStart(virsh: Virsh, id: string, xml: string): Promise<void> {
  await call(virsh, words.defineAndStartWords(assertUuid(id)), { inputs: [xml], timeoutMs: startTimeoutMs })
}

/** E.g. `paused (starting up)`. */
export const domainReason = (virsh: Virsh, id: string) =>
  call(virsh, ['domstate', assertUuid(id), '--reason'])

export async function domainUndefine(virsh: Virsh, id: string, again: boolean): Promise<void> {
  await call(virsh, words.undefineWords(assertUuid(id), again))
}

export async function domainDestroy(virsh: Virsh, id: string): Promise<void> {
  await call(virsh, words.destroyWords(assertUuid(id)))
}

export async function domainShutdown(virsh: Virsh, id: string, mode: 'agent' | 'acpi'): Promise<void> {
  await call(virsh, words.shutdownWords(assertUuid(id), mode))
}

export async function domainReboot(virsh: Virsh, id: string, mode: 'agent' | 'acpi'): Promise<void> {
  await call(virsh, words.rebootWords(assertUuid(id), mode))
}

export async function domainReset(virsh: Virsh, id: string): Promise<void> {
  await call(virsh, words.resetWords(assertUuid(id)))
}

/** Success when it is paused already. */
export async function domainSuspend(virsh: Virsh, id: string): Promise<void> {
  await call(virsh, words.suspendWords(assertUuid(id)))
}

/** Libvirt refuses it for one that runs. */
export async function domainResume(virsh: Virsh, id: string): Promise<void> {
  try {
    await call(virsh, words.resumeWords(assertUuid(id)))
  } catch (error) {
    if (!says(error, /domain is already running/i)) throw error
  }
}

/** Restores a memory image with another definition of the same guest. */
export async function domainRestore(virsh: Virsh, memoryPath: string, xml: string): Promise<void> {
  await call(virsh, words.restoreWords(memoryPath), { inputs: [xml], timeoutMs: 10 * startTimeoutMs })
}

export const savedImageXml = (virsh: Virsh, memoryPath: string) =>
  call(virsh, ['save-image-dumpxml', '--file', memoryPath, '--security-info'])

export async function deviceUpdate(virsh: Virsh, id: string, xml: string, force: boolean): Promise<void> {
  await call(virsh, words.updateDeviceWords(assertUuid(id), force), { inputs: [xml] })
}

/** Opens a tray behind libvirt's back, which hears of it from QEMU. */
export async function openTray(virsh: Virsh, id: string, device: string): Promise<void> {
  const command = { execute: 'blockdev-open-tray', arguments: { id: device, force: true } }
  await call(virsh, ['qemu-monitor-command', assertUuid(id), JSON.stringify(command)])
}

export async function blockResize(
  virsh: Virsh,
  id: string,
  target: string,
  sizeBytes: number,
): Promise<void> {
  await call(virsh, words.blockResizeWords(assertUuid(id), target, sizeBytes))
}

/** Virtual size of a disk of a running domain. */
export async function blockCapacity(virsh: Virsh, id: string, target: string): Promise<number> {
  const out = await call(virsh, ['domblkinfo', assertUuid(id), target])
  return Number(/^Capacity:\s+(\d+)/m.exec(out)?.[1] ?? Number.NaN)
}

export async function snapshotCreate(
  virsh: Virsh,
  id: string,
  request: { xml: string; flags: readonly string[]; timeoutMs: number },
): Promise<void> {
  const { xml, flags, timeoutMs } = request
  await call(virsh, words.snapshotWords(assertUuid(id), flags), { inputs: [xml], timeoutMs })
}

/** `null` when the domain has no job. */
export async function domainJob(virsh: Virsh, id: string): Promise<string | null> {
  const out = await call(virsh, ['domjobinfo', assertUuid(id)])
  const type = /^Job type:\s+(\S+)/m.exec(out)?.[1] ?? 'None'
  return type === 'None' ? null : type
}

export interface BlockJob {
  type: string
  currentBytes: number
  endBytes: number
}

/** The block job of a disk, or `null`. */
export async function blockJob(virsh: Virsh, id: string, target: string): Promise<BlockJob | null> {
  return parseBlockJob(await call(virsh, ['blockjob', assertUuid(id), target, '--info', '--raw']))
}

export function parseBlockJob(out: string): BlockJob | null {
  const type = /^\s*type=(.+)$/m.exec(out)?.[1]
  if (type === undefined) return null
  const figure = (name: string) => Number(new RegExp(`^\\s*${name}=(\\d+)`, 'm').exec(out)?.[1] ?? 0)
  return { type, currentBytes: figure('cur'), endBytes: figure('end') }
}

/** Starts a pull and returns; `basePath` stays in the chain. */
export async function blockPull(
  virsh: Virsh,
  id: string,
  target: string,
  basePath: string | null,
): Promise<void> {
  await call(virsh, words.pullWords(assertUuid(id), target, basePath))
}

/** Starts a commit of an inner layer and returns. */
export async function blockCommit(
  virsh: Virsh,
  id: string,
  target: string,
  layers: { topPath: string; basePath: string; active?: boolean },
): Promise<void> {
  await call(virsh, words.commitWords(assertUuid(id), target, layers))
}

/** Lets the guest go over to the base of an active commit that is ready. */
export async function blockPivot(virsh: Virsh, id: string, target: string): Promise<void> {
  await call(virsh, words.pivotWords(assertUuid(id), target))
}

/** `timeoutSeconds` is libvirt's patience with the agent; the process gets a little more. */
export async function agentCommand(
  virsh: Virsh,
  id: string,
  command: words.AgentCommand,
  timeoutSeconds: number,
): Promise<unknown> {
  // On stdin: arguments of a process can be read by every user of the host, and this may be a password.
  const begin = words.agentWords(assertUuid(id), timeoutSeconds)
  const stdin = `${[...begin, `'${escapeJson(command)}'`].join(' ')}\n`
  return parseAgentAnswer(await converse(virsh, stdin, timeoutSeconds * 1000 + 5_000))
}

/** JSON in which no quote, space or control character stands plain, so that virsh's parser finds nothing to split. */
export function escapeJson(value: unknown): string {
  const short: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
  return JSON.stringify(value)
    .replace(/\\(["\\/bfnrt])/g, (_, letter: string) => codePoint(short[letter] ?? letter))
    .replace(/[^\\A-Za-z0-9{}[\]:,"_.+/=-]/g, codePoint)
}

const codePoint = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** One command through virsh's stdin. There is no exit code to go by: words on stderr mean failure. */
async function converse(virsh: Virsh, stdin: string, timeoutMs: number): Promise<string> {
  let errors = ''
  const onStderr = (text: string) => {
    errors += text
  }
  const out = await call(virsh, [], { stdin, timeoutMs, onStderr })
  if (errors.trim() !== '') throw new AgentFailure(errors.trim())
  return out
}

/** What libvirt or the agent said instead of an answer. */
export class AgentFailure extends Error {}

function parseAgentAnswer(out: string): unknown {
  const found = out.split('\n').find((text) => text.startsWith('{"return"'))
  if (found === undefined) throw new AgentFailure('the agent gave no answer')
  return (JSON.parse(found) as { return: unknown }).return
}
