import { readdir } from 'node:fs/promises'
import type {
  BridgeFilterFacts,
  ForwardChain,
  ForwardFacts,
  ForwardingFacts,
  ModuleFacts,
} from '../../core/doctor/network.ts'
import { CommandError, run } from '../exec.ts'
import { isRoot, isThere, notPermitted, readIfThere } from './files.ts'
import { findProgram } from './tools.ts'

const isOn = async (path: string) => (await readIfThere(path))?.trim() === '1'
const bridgeFilter = '/proc/sys/net/bridge/bridge-nf-call-'

export async function bridgeFilterFacts(): Promise<BridgeFilterFacts> {
  const [loaded, callIptables, callIp6tables] = await Promise.all([
    isThere(`${bridgeFilter}iptables`),
    isOn(`${bridgeFilter}iptables`),
    isOn(`${bridgeFilter}ip6tables`),
  ])
  return { loaded, callIptables, callIp6tables }
}

export async function forwardingFacts(): Promise<ForwardingFacts> {
  const [enabled, bridges] = await Promise.all([isOn('/proc/sys/net/ipv4/ip_forward'), ownBridges()])
  return { enabled, bridges }
}

/** Bridges that Nacelle made, by their names. */
async function ownBridges(): Promise<string[]> {
  const names = (await readdir('/sys/class/net')).filter((name) => /^nacelle\d+$/.test(name))
  const bridges = await Promise.all(names.map((name) => isThere(`/sys/class/net/${name}/bridge`)))
  return names.filter((_, index) => bridges[index])
}

/** Throws where this user may not see the rules, or nft is missing. */
export async function forwardFacts(signal: AbortSignal): Promise<ForwardFacts> {
  if (!isRoot()) throw notPermitted()
  const limits = { signal, timeoutMs: 15_000 }
  const { stdout } = await run('nft', ['-j', 'list', 'chains'], limits)
  const chains = parseForwardChains(stdout)
  const dropping = await Promise.all(
    chains.map(async (chain) => {
      const table = await run('nft', ['-n', 'list', 'table', chain.family, chain.table], limits)
      return { ...chain, rules: table.stdout }
    }),
  )
  return {
    dropping: [...dropping, ...(await legacyChains(signal))],
    bridges: await ownBridges(),
    bridgedToo: await isOn(`${bridgeFilter}iptables`),
  }
}

interface ChainEntry {
  family: string
  table: string
  name: string
  hook?: string
  policy?: string
}

/** Forward chains that drop by policy, but for those of our own table; bridge tables never see routed packets. */
export function parseForwardChains(json: string): Omit<ForwardChain, 'rules'>[] {
  const { nftables } = JSON.parse(json) as { nftables: { chain?: ChainEntry }[] }
  return nftables
    .flatMap(({ chain }) => chain ?? [])
    .filter(({ hook, policy }) => hook === 'forward' && policy === 'drop')
    .filter(({ family, table }) => ['ip', 'inet'].includes(family) && table !== 'nacelle')
    .map(({ family, table, name }) => ({ family, table, chain: name }))
}

/** The old iptables keeps rules that nft does not see. It is asked only where it is in use: asking loads its modules. */
async function legacyChains(signal: AbortSignal): Promise<ForwardChain[]> {
  const tables = (await readIfThere('/proc/net/ip_tables_names')) ?? ''
  if (!/^filter$/m.test(tables) || (await findProgram('iptables-legacy')) === '') return []
  const { stdout } = await run('iptables-legacy', ['-S'], { signal, timeoutMs: 15_000 })
  if (!/^-P FORWARD DROP$/m.test(stdout)) return []
  return [{ family: 'legacy', table: 'filter', chain: 'FORWARD', rules: stdout }]
}

/** What guests' networks need of the kernel, and where it shows. */
const modulePaths = { bridge: '/sys/module/bridge', tun: '/sys/class/misc/tun' } as const

export const moduleFacts = (signal: AbortSignal): Promise<ModuleFacts[]> =>
  Promise.all(
    Object.entries(modulePaths).map(async ([name, path]) => {
      if (await isThere(path)) return { name, present: true }
      return { name, present: false, loadable: await isLoadable(name, signal) }
    }),
  )

async function isLoadable(name: string, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    await run('modprobe', ['--dry-run', '--quiet', name], { signal, timeoutMs: 15_000 })
    return true
  } catch (error) {
    return error instanceof CommandError && !error.timedOut ? false : undefined
  }
}
