// How a bridge outlives a reboot: the files of whatever configures the host's network.
import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LinkState } from '../drivers/iproute/lan-bridge.ts'

export interface BridgeWish {
  bridge: string
  port: string
  before: LinkState
}

export interface ConfigFile {
  path: string
  text: string
}

/** Files to write, or what a person is told where we do not write for the tool that is found. */
export type BridgeFiles =
  | { tool: 'ifupdown' | 'systemd-networkd'; files: ConfigFile[] }
  | { tool: 'netplan' | 'NetworkManager' | 'unknown'; advice: string }

/** `root` is where the file system begins; tests have one of their own. */
export async function bridgeFiles(wish: BridgeWish, root = '/'): Promise<BridgeFiles> {
  if ((await namesIn(join(root, 'etc/netplan'))).some((name) => name.endsWith('.yaml')))
    return { tool: 'netplan', advice: netplanAdvice(wish) }
  const ifupdown = await ifupdownFile(wish, root)
  if (ifupdown) return { tool: 'ifupdown', files: [ifupdown] }
  const networkd = join(root, 'etc/systemd/network')
  if ((await namesIn(networkd)).some((name) => name.endsWith('.network')))
    return { tool: 'systemd-networkd', files: networkdFiles(wish, networkd) }
  if ((await namesIn(join(root, 'etc/NetworkManager/system-connections'))).length > 0)
    return { tool: 'NetworkManager', advice: networkManagerAdvice(wish) }
  return {
    tool: 'unknown',
    advice: `nothing known configures ${wish.port} at boot: put the bridge where the host's network is set up`,
  }
}

/** What a file was before is kept beside it, as `<file>.before-nacelle`. */
export async function writeConfigFiles(files: readonly ConfigFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(path), { recursive: true })
    await copyFile(path, `${path}.before-nacelle`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    await writeFile(`${path}.partial`, text)
    await rename(`${path}.partial`, path)
  }
}

const namesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => [])

/** The file that has the stanza of the interface, rewritten. */
async function ifupdownFile(wish: BridgeWish, root: string): Promise<ConfigFile | undefined> {
  const directory = join(root, 'etc/network/interfaces.d')
  const others = (await namesIn(directory)).filter((name) => /^[\w-]+$/.test(name)).sort()
  for (const path of [join(root, 'etc/network/interfaces'), ...others.map((name) => join(directory, name))]) {
    const text = await readFile(path, 'utf8').catch(() => '')
    const changed = bridgedInterfaces(text, wish)
    if (changed !== undefined) return { path, text: changed }
  }
  return undefined
}

/**
 * /etc/network/interfaces with the bridge in the place of the interface, which keeps a stanza without addresses; undefined
 * where it has none. Needs no package for bridges.
 */
export function bridgedInterfaces(text: string, { bridge, port, before }: BridgeWish): string | undefined {
  const lines = text.split('\n')
  const stanza = /^\s*iface\s+(\S+)\s+(inet6?)\s+(\S+)/
  if (!lines.some((line) => stanza.exec(line)?.[1] === port)) return undefined
  const making = [
    `    pre-up ip link show dev ${bridge} || ip link add name ${bridge} address ${before.mac} type bridge forward_delay 0`,
    `    pre-up ip link set dev ${port} up`,
    `    pre-up ip link set dev ${port} master ${bridge}`,
    `    post-down ip link del dev ${bridge} || true`,
  ]
  let isFirst = true
  const changed = lines.flatMap((line) => {
    const found = stanza.exec(line)
    if (found?.[1] !== port) return [line]
    const [, , family, method] = found
    const head = isFirst ? [`iface ${port} ${family} manual`, '', `auto ${bridge}`] : []
    const rest = [`iface ${bridge} ${family} ${method}`, ...(isFirst ? making : [])]
    isFirst = false
    return [...head, ...rest]
  })
  return changed.join('\n')
}

function networkdFiles({ bridge, port, before }: BridgeWish, directory: string): ConfigFile[] {
  const file = (name: string, lines: readonly string[]) => ({
    path: join(directory, name),
    text: `# Made by nacelle host bridge.\n${lines.join('\n')}\n`,
  })
  // The first file that fits an interface is the one that counts, in the order of their names.
  const name = `05-nacelle-${bridge}`
  return [
    file(`${name}.netdev`, ['[NetDev]', `Name=${bridge}`, 'Kind=bridge', `MACAddress=${before.mac}`]),
    file(`${name}-port.network`, ['[Match]', `Name=${port}`, '', '[Network]', `Bridge=${bridge}`]),
    file(`${name}.network`, ['[Match]', `Name=${bridge}`, '', '[Network]', ...networkLines(before)]),
  ]
}

function networkLines({ addresses, routes }: LinkState): string[] {
  const isDynamic = addresses.some(({ family, validSeconds }) => family === 'inet' && validSeconds !== null)
  const fixed = addresses.filter(({ validSeconds }) => validSeconds === null)
  const own = routes.filter(({ protocol, table }) => protocol !== 'dhcp' && table === undefined)
  return [
    ...(isDynamic ? ['DHCP=ipv4'] : []),
    ...fixed.map(({ address }) => `Address=${address}`),
    ...own.flatMap(({ destination, gateway, metric }) => [
      '',
      '[Route]',
      ...(destination === 'default' ? [] : [`Destination=${destination}`]),
      ...(gateway === undefined ? ['Scope=link'] : [`Gateway=${gateway}`]),
      ...(metric === undefined ? [] : [`Metric=${metric}`]),
    ]),
  ]
}

const netplanAdvice = ({ bridge, port, before }: BridgeWish): string =>
  [
    `netplan configures this host. In its file take the addresses, dhcp4 and routes of ${port} away, and add`,
    '  bridges:',
    `    ${bridge}:`,
    `      interfaces: [${port}]`,
    `      macaddress: ${before.mac}`,
    ...(before.addresses.some(({ validSeconds }) => validSeconds !== null)
      ? ['      dhcp4: true']
      : [`      addresses: [${before.addresses.map(({ address }) => address).join(', ')}]`]),
    ...before.routes
      .filter(({ destination, gateway }) => destination === 'default' && gateway !== undefined)
      .map(({ gateway }) => `      routes: [{to: default, via: ${gateway}}]`),
    'then run: netplan apply',
  ].join('\n')

const networkManagerAdvice = ({ bridge, port, before }: BridgeWish): string =>
  [
    'NetworkManager configures this host. Run:',
    `  nmcli connection add type bridge ifname ${bridge} con-name ${bridge} bridge.stp no ethernet.cloned-mac-address ${before.mac}`,
    `  nmcli connection add type ethernet ifname ${port} con-name ${bridge}-port master ${bridge}`,
    `and give ${bridge} the addresses of ${port}: ${before.addresses.map(({ address }) => address).join(', ')}`,
  ].join('\n')
