import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Lab } from '../lab/libvirt.ts'
import { namespaceOf } from '../lab/namespace.ts'

const labPrograms = fileURLToPath(new URL('../lab/', import.meta.url))

/** Everything a host could be left with, as sorted lines under the name of its kind. */
export type Fingerprint = Record<FingerprintKind, string[]>

export type FingerprintKind =
  | 'files'
  | 'domains'
  | 'networks'
  | 'leases'
  | 'secrets'
  | 'filters'
  | 'pools'
  | 'nftables'
  | 'links'
  | 'processes'
  | 'loops'
  | 'mounts'
  | 'temporary'

export type FingerprintOptions = {
  lab: Lab
  /** The appliance's data directory; its pools lie in it. */
  dataDir: string
  /** More directories whose files count: pools elsewhere. */
  poolDirs?: string[]
  /** The appliance's pid outside; its own child processes are no leak. */
  appliancePid?: number
}

export type FingerprintDifference = Partial<Record<FingerprintKind, { gone: string[]; added: string[] }>>

/** Looks at the lab from inside and outside. Take it twice in the same state of the appliance (running or not). */
export async function hostFingerprint(options: FingerprintOptions): Promise<Fingerprint> {
  const { lab } = options
  return {
    files: await files(options),
    domains: await virshLines(lab, ['list', '--all', '--uuid', '--name']),
    networks: await networks(lab),
    leases: await leases(lab),
    secrets: await virshLines(lab, ['secret-list']),
    filters: [
      ...(await virshLines(lab, ['nwfilter-list'])),
      ...(await virshLines(lab, ['nwfilter-binding-list'])),
    ],
    pools: await virshLines(lab, ['pool-list', '--all', '--name']),
    nftables: lines(rulesOnly((await lab.exec('nft', ['--stateless', 'list', 'ruleset'])).stdout), {
      keepOrder: true,
    }),
    links: await links(lab),
    processes: await processes(options),
    loops: (await loops()).filter((line) => line.includes(lab.dir)),
    mounts: await mounts(lab),
    temporary: await tree(lab.tempDir),
  }
}

/** Without the bridge tables that let everything pass: libvirt makes such ones with its first guest, and keeps them. */
const rulesOnly = (ruleset: string): string =>
  ruleset
    .split(/^(?=table )/m)
    .filter(
      (table) =>
        !/^table bridge [^{]*\{\n(\tchain [^{]*\{\n(\t\ttype [^\n]*policy accept;\n)?\t\}\n*)*\}\s*$/.test(
          table,
        ),
    )
    .join('')

/** What has gone and what has come, by kind; an empty object when nothing has. */
export function diffFingerprint(before: Fingerprint, after: Fingerprint): FingerprintDifference {
  const difference: FingerprintDifference = {}
  for (const kind of Object.keys(before) as FingerprintKind[]) {
    const gone = without(before[kind], after[kind])
    const added = without(after[kind], before[kind])
    if (gone.length + added.length > 0) difference[kind] = { gone, added }
  }
  return difference
}

/** The lines of `one` that `other` has not, each as often as it is missing. */
function without(one: string[], other: string[]): string[] {
  const left = new Map<string, number>()
  for (const line of other) left.set(line, (left.get(line) ?? 0) + 1)
  return one.filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
}

function lines(text: string, options: { keepOrder?: boolean } = {}): string[] {
  const found = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !/^-+$/.test(line))
  return options.keepOrder ? found : found.sort()
}

async function virshLines(lab: Lab, args: string[]): Promise<string[]> {
  return lines(await lab.virsh(...args))
}

/** Paths below the data directory and where libvirt keeps things of guests. SQLite's side files come and go. */
async function files({ lab, dataDir, poolDirs = [] }: FingerprintOptions): Promise<string[]> {
  const own = ['varlib', 'etc/qemu', 'etc/nwfilter', 'etc/secrets', 'run/libvirt'].map((name) =>
    join(lab.dir, name),
  )
  const found = await Promise.all([dataDir, ...poolDirs, ...own].map(tree))
  // Among them the empty directory in which libvirt notes who is plugged into a network.
  const volatile =
    /-(wal|shm|journal)$|\/dnsmasq\/.*\.(status|macs)$|\/run\/libvirt\/network\/[^/]+\/(ports\/)?$/
  return found
    .flat()
    .filter((path) => !volatile.test(path))
    .sort()
}

async function tree(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.map((entry) => join(entry.parentPath, entry.name) + (entry.isDirectory() ? '/' : '')).sort()
}

/** Each network with the addresses that its DHCP server keeps for guests. */
async function networks(lab: Lab): Promise<string[]> {
  const found: string[] = []
  for (const name of await virshLines(lab, ['net-list', '--all', '--name'])) {
    const xml = await lab.virsh('net-dumpxml', name)
    const hosts = xml.match(/<host [^>]*>/g) ?? []
    found.push(name, ...hosts.map((host) => `${name}: ${host}`))
  }
  return found.sort()
}

/** Without their expiry, which each renewal moves. */
async function leases(lab: Lab): Promise<string[]> {
  const found: string[] = []
  for (const name of await virshLines(lab, ['net-list', '--name'])) {
    const rows = await virshLines(lab, ['net-dhcp-leases', name])
    for (const row of rows) {
      const held = /([0-9a-f]{2}(?::[0-9a-f]{2}){5})\s+ipv[46]\s+(\S+)/.exec(row)
      if (held) found.push(`${name}: ${held[1]} ${held[2]}`)
    }
  }
  return found.sort()
}

/** Names, masters and addresses of interfaces, and routes; numbers and peers' numbers change. */
async function links(lab: Lab): Promise<string[]> {
  type Link = {
    ifname: string
    master?: string
    addr_info?: { local: string; prefixlen: number; scope: string }[]
  }
  const shown = JSON.parse((await lab.exec('ip', ['-j', 'address'])).stdout) as Link[]
  const found = shown.flatMap((link) => [
    `${link.ifname} master ${link.master ?? '-'}`,
    ...(link.addr_info ?? [])
      .filter((address) => address.scope !== 'link')
      .map((address) => `${link.ifname} ${address.local}/${address.prefixlen}`),
  ])
  const routes = lines((await lab.exec('ip', ['route'])).stdout).map(
    (route) => `route ${route.replace(/ linkdown/, '')}`,
  )
  return [...found, ...routes].sort()
}

async function loops(): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir('/sys/block')) {
    if (!name.startsWith('loop')) continue
    const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')
    if (file) found.push(`${name} ${file.trim()}`)
  }
  return found
}

async function mounts(lab: Lab): Promise<string[]> {
  const text = await readFile(`/proc/${lab.pid}/mountinfo`, 'utf8')
  return lines(text)
    .map((line) => line.split(' ')[4] ?? '')
    .sort()
}

type Running = { pid: number; parent: number; command: string; guest: string; words: string[] }

/**
 * Everything that runs inside except the lab itself, this look, and, each with its children, the appliance and programs
 * whose name `excused` matches.
 */
export async function processes(options: {
  lab: Lab
  appliancePid?: number | undefined
  excused?: RegExp
}): Promise<string[]> {
  const { lab, appliancePid } = options
  const all = await running(lab)
  const own = all.filter((one) => one.pid === appliancePid || options.excused?.test(one.command))
  const excused = new Set(own.map((one) => one.pid))
  for (let before = -1; before !== excused.size; ) {
    before = excused.size
    for (const one of all) if (excused.has(one.parent)) excused.add(one.pid)
  }
  return all
    .filter((one) => !excused.has(one.pid) && !isLabs(one, lab))
    .map((one) => `${one.command} ${one.guest}`.trim())
    .sort()
}

/** PID 1, the daemons and the sleep that are its children, and the programs of the lab's own directory. */
function isLabs(one: Running, lab: Lab): boolean {
  if (one.pid === lab.pid || one.words.some((word) => word.startsWith(labPrograms))) return true
  return one.parent === lab.pid && /^(sleep|libvirtd|virtlogd|virtlockd)$/.test(one.command)
}

async function running(lab: Lab): Promise<Running[]> {
  const found: Running[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '')
    // NSpid lists the pid in each namespace; the lab's processes have a second one, and PID 1 is the lab's own.
    if (!/^NSpid:\t\d+\t\d+/m.test(status)) continue
    if ((await namespaceOf(Number(name))) !== lab.pidNamespace) continue
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0')
    found.push({
      pid: Number(name),
      parent: Number(/^PPid:\t(\d+)/m.exec(status)?.[1] ?? 0),
      command: /^Name:\t(.*)$/m.exec(status)?.[1] ?? '',
      words,
      guest: words.find((word) => word.startsWith('guest=')) ?? '',
    })
  }
  return found
}
