import { readFile, writeFile } from 'node:fs/promises'
import type { FirewallRules, HostNetwork } from '../../core/network.ts'
import { CommandError, run } from '../exec.ts'
import { buildRuleset, tableName } from './ruleset.ts'

export type Nftables = Pick<
  HostNetwork,
  'applyFirewall' | 'firewallIntact' | 'removeFirewall' | 'describeFirewall'
>

const forwarding = '/proc/sys/net/ipv4/ip_forward'

/**
 * Our one table, `inet nacelle`. Packets must still pass every other table of the host. Where guests' subnets are
 * masqueraded the host forwards packets: `net.ipv4.ip_forward` is switched on, and never off.
 */
export function createNftables(): Nftables {
  /** How the kernel told of the table right after it was applied. After a restart nothing is known: it is applied anew. */
  let applied: { ruleset: string; listing: string } | undefined

  return {
    async applyFirewall(rules) {
      const ruleset = buildRuleset(rules)
      if (rules.masquerade.length > 0) await switchForwardingOn()
      await run('nft', ['-f', '-'], { stdin: ruleset })
      const listing = await list()
      applied = listing === undefined ? undefined : { ruleset, listing }
    },
    async firewallIntact(rules) {
      if (applied?.ruleset !== buildRuleset(rules)) return false
      if (rules.masquerade.length > 0 && !(await isForwarding())) return false
      return (await list()) === applied.listing
    },
    async removeFirewall() {
      applied = undefined
      // Deleting what is not there fails, so it is made first.
      await run('nft', ['-f', '-'], { stdin: `table inet ${tableName}\ndelete table inet ${tableName}\n` })
    },
    describeFirewall: (rules) => [...forwardingWords(rules), ['nft', '-f', '-', buildRuleset(rules)]],
  }
}

const forwardingWords = ({ masquerade }: FirewallRules) =>
  masquerade.length > 0 ? [['sysctl', '-w', 'net.ipv4.ip_forward=1']] : []

const isForwarding = async () => (await readFile(forwarding, 'utf8')).trim() === '1'

async function switchForwardingOn(): Promise<void> {
  if (!(await isForwarding())) await writeFile(forwarding, '1\n')
}

/** Without handles, which differ each time; undefined when the table is not there. */
async function list(): Promise<string | undefined> {
  try {
    const { stdout } = await run('nft', ['-j', 'list', 'table', 'inet', tableName])
    return withoutHandles(stdout)
  } catch (error) {
    if (error instanceof CommandError && /No such file or directory/.test(error.stderr)) return undefined
    throw error
  }
}

export const withoutHandles = (listing: string): string =>
  JSON.stringify(JSON.parse(listing), (key, value: unknown) => (key === 'handle' ? undefined : value))
