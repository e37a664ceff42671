// One small function for each of virsh's network commands.
import { AppError, type ErrorCode } from '../../core/errors.ts'
import { CommandError, run } from '../exec.ts'
import { understood } from './errors.ts'
import { assertNetworkName, type NetworkDefinition, parseNetwork } from './network-xml.ts'

export interface NetworkState {
  name: string
  active: boolean
  autostart: boolean
  persistent: boolean
}

export interface NetworkLease {
  mac: string
  address: string
  hostname: string | null
  /** Milliseconds since 1970. */
  expiresAt: number
}

export const virshWords = (uri: string, words: readonly string[]): string[] => ['-q', '-c', uri, ...words]

const refusals: { pattern: RegExp; code: ErrorCode; say(match: RegExpExecArray): string }[] = [
  {
    pattern: /bridge name '([^']+)' already in use/,
    code: 'conflict',
    say: (match) => `the bridge '${match[1]}' belongs to another libvirt network`,
  },
  {
    pattern: /Network is already in use by interface (\S+)/,
    code: 'conflict',
    say: (match) => `the host has the network's subnet on its interface ${match[1]}`,
  },
  {
    pattern: /network '([^']*)' already exists with uuid|network is already active as/,
    code: 'conflict',
    say: () => 'libvirt has another network of that name',
  },
]

const saysAbsent = /Network not found|no network with matching name/
const saysInactive = /network '[^']*' is not active|network is not active/
const saysActive = /network is already active/
const saysNoEntry = /couldn't locate a (?:matching )?dhcp host entry/
const saysEntry = /there is an existing dhcp host entry/

const says = (error: unknown, words: RegExp) => error instanceof CommandError && words.test(error.stderr)

async function virsh(
  uri: string,
  words: readonly string[],
  options: { inputs?: readonly string[]; env?: Record<string, string> } = {},
): Promise<string> {
  return (await run('virsh', virshWords(uri, words), options)).stdout
}

/** What is not understood passes unchanged. */
function translated(error: unknown): unknown {
  if (!(error instanceof CommandError)) return error
  for (const { pattern, code, say } of refusals) {
    const match = pattern.exec(error.stderr)
    if (match) return new AppError(code, say(match), { cause: error })
  }
  return understood(error)
}

/** Runs virsh; words of libvirt that match `success` mean that the work was done before. */
async function act(
  uri: string,
  words: readonly string[],
  success?: RegExp,
  inputs?: readonly string[],
): Promise<void> {
  try {
    await virsh(uri, words, inputs === undefined ? {} : { inputs })
  } catch (error) {
    if (success === undefined || !says(error, success)) throw translated(error)
  }
}

/** Passes on unchanged what its callers read themselves. */
async function ask(uri: string, words: readonly string[], env: Record<string, string> = {}): Promise<string> {
  try {
    return await virsh(uri, words, { env })
  } catch (error) {
    throw says(error, anyOf(saysAbsent, saysInactive)) ? error : translated(error)
  }
}

export async function networkList(uri: string): Promise<NetworkState[]> {
  return parseNetworkList(await ask(uri, ['net-list', '--all']))
}

/** A name may hold spaces, so the columns are taken from the right. */
export function parseNetworkList(out: string): NetworkState[] {
  return [...out.matchAll(/^\s(.+?)\s+(active|inactive)\s+(yes|no)\s+(yes|no)\s*$/gm)].map((match) => ({
    name: match[1] ?? '',
    active: match[2] === 'active',
    autostart: match[3] === 'yes',
    persistent: match[4] === 'yes',
  }))
}

/** The live definition, or the one for the next start; undefined when there is no such network. */
export async function networkDefinition(
  uri: string,
  name: string,
  which: 'live' | 'persistent',
): Promise<NetworkDefinition | undefined> {
  const flags = which === 'persistent' ? ['--inactive'] : []
  try {
    return parseNetwork(await ask(uri, ['net-dumpxml', '--network', name, ...flags]))
  } catch (error) {
    if (says(error, saysAbsent)) return undefined
    throw error
  }
}

export const networkDefine = (uri: string, xml: string) =>
  act(uri, ['net-define', '/dev/fd/3'], undefined, [xml])

export const networkStart = (uri: string, name: string) =>
  act(uri, ['net-start', '--network', assertNetworkName(name)], saysActive)

export const networkAutostart = (uri: string, name: string) =>
  act(uri, ['net-autostart', '--network', assertNetworkName(name)])

export const networkDestroy = (uri: string, name: string) =>
  act(uri, ['net-destroy', '--network', assertNetworkName(name)], anyOf(saysInactive, saysAbsent))

export const networkUndefine = (uri: string, name: string) =>
  act(uri, ['net-undefine', '--network', assertNetworkName(name)], saysAbsent)

export interface HostUpdate {
  command: 'add' | 'delete'
  xml: string
  scope: readonly ('--live' | '--config')[]
}

export const hostUpdateWords = (name: string, { command, xml, scope }: HostUpdate): string[] => [
  'net-update',
  ...['--network', assertNetworkName(name), '--command', command],
  ...['--section', 'ip-dhcp-host', '--xml', xml, ...scope],
]

export const networkUpdateHost = (uri: string, name: string, update: HostUpdate) =>
  act(uri, hostUpdateWords(name, update), update.command === 'delete' ? saysNoEntry : undefined)

/** The same in one call for the usual case; false where the definitions must be looked at first. */
export async function networkTryUpdateHost(uri: string, name: string, update: HostUpdate): Promise<boolean> {
  try {
    await virsh(uri, hostUpdateWords(name, update))
    return true
  } catch (error) {
    if (says(error, anyOf(saysEntry, saysNoEntry, saysInactive, saysAbsent))) return false
    throw translated(error)
  }
}

export async function networkLeases(uri: string, name: string): Promise<NetworkLease[]> {
  // virsh prints local time without its zone.
  const words = ['net-dhcp-leases', '--network', assertNetworkName(name)]
  try {
    return parseLeases(await ask(uri, words, { TZ: 'UTC' }))
  } catch (error) {
    if (says(error, anyOf(saysAbsent, saysInactive))) return []
    throw error
  }
}

export function parseLeases(out: string): NetworkLease[] {
  const line =
    /^\s*(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})\s+([0-9a-f:]{17})\s+ipv4\s+([0-9.]+)\/\d+\s+(\S+)/gim
  return [...out.matchAll(line)].map(([, day, time, mac = '', address = '', hostname = '-']) => ({
    mac: mac.toLowerCase(),
    address,
    hostname: hostname === '-' ? null : hostname,
    expiresAt: Date.parse(`${day}T${time}Z`),
  }))
}

/** The interfaces of running guests that stand on a libvirt network. */
export async function networkTaps(uri: string, network: string): Promise<string[]> {
  const guests = (await ask(uri, ['list', '--uuid']))
    .split('\n')
    .filter((line) => /^[0-9a-f-]{36}$/.test(line.trim()))
  const taps: string[] = []
  for (const guest of guests) {
    // A guest may have stopped since it was listed.
    const out = await virsh(uri, ['domiflist', '--domain', guest.trim()]).catch(() => '')
    taps.push(...parseTaps(out, network))
  }
  return taps
}

export const parseTaps = (out: string, network: string): string[] =>
  [...out.matchAll(/^\s*(\S+)\s+network\s+(\S+)\s/gm)].flatMap(([, tap = '-', source]) =>
    source === network && tap !== '-' ? [tap] : [],
  )

const anyOf = (...patterns: RegExp[]) => new RegExp(patterns.map((pattern) => pattern.source).join('|'))
