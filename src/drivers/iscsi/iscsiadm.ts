// One small function for each iscsiadm command. Names are IQNs and portals that were checked: none can be an option.
import { CommandError, run } from '../exec.ts'

export interface Node {
  iqn: string
  /** As the target itself calls it: `address:port`. */
  portal: string
}

const commandMs = 30_000
/** A login waits for the target's answer, and for retries that the daemon's settings say. */
const loginMs = 60_000

const already = 15
const noRecords = 21

/** What the portal offers; makes the records of it, too. */
export async function discover(portal: string): Promise<Node[]> {
  const { stdout } = await iscsiadm(['-m', 'discovery', '-t', 'sendtargets', '-p', portal])
  return nodesIn(stdout)
}

/** Targets that this host is logged in to. */
export async function sessions(): Promise<Node[]> {
  return nodesIn(await outputUnless(noRecords, ['-m', 'session']))
}

/** LUNs with a disk of this session, as `-P 3` shows them. */
export async function attachedLuns(iqn: string): Promise<number[]> {
  return lunsIn(await outputUnless(noRecords, ['-m', 'session', '-P', '3']), iqn)
}

export async function setRecord(node: Node, name: string, value: string): Promise<void> {
  await iscsiadm([...words(node), '--op', 'update', '-n', name, '-v', value])
}

/** Repeatable. */
export async function login(node: Node): Promise<void> {
  await outputUnless(already, [...words(node), '--login'], loginMs)
}

/** New LUNs, and LUNs that have grown. */
export async function rescan(node: Node): Promise<void> {
  await iscsiadm([...words(node), '-R'])
}

/** Repeatable. */
export async function logout(node: Node): Promise<void> {
  await outputUnless(noRecords, [...words(node), '--logout'], loginMs)
}

/** Repeatable. */
export async function forget(node: Node): Promise<void> {
  await outputUnless(noRecords, [...words(node), '--op', 'delete'])
}

const words = ({ iqn, portal }: Node) => ['-m', 'node', '-T', iqn, '-p', portal]

const iscsiadm = (args: readonly string[], timeoutMs = commandMs) => run('iscsiadm', args, { timeoutMs })

async function outputUnless(exitCode: number, args: readonly string[], timeoutMs?: number): Promise<string> {
  try {
    return (await iscsiadm(args, timeoutMs)).stdout
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === exitCode) return ''
    throw error
  }
}

/** Lines such as `10.0.0.1:3260,1 iqn.…` and `tcp: [1] 10.0.0.1:3260,1 iqn.… (non-flash)`. */
export const nodesIn = (output: string): Node[] =>
  [...output.matchAll(/^(?:\w+: \[\d+\] )?(\S+:\d+),-?\d+ (\S+)/gm)].map((match) => ({
    portal: match[1]!,
    iqn: match[2]!,
  }))

export function lunsIn(output: string, iqn: string): number[] {
  const section = output.split(/^Target: /m).find((text) => text.split(/\s/)[0] === iqn) ?? ''
  const found = section.matchAll(/Lun: (\d+)\s*\n\s*Attached scsi disk \S+/g)
  return [...found].map((match) => Number(match[1])).sort((a, b) => a - b)
}
