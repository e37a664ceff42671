import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { bridgedInterfaces, bridgeFiles, writeConfigFiles } from './host-bridge-files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp('/tmp/root-')
})
afterEach(() => rm(root, { recursive: true }))

const forever = { validSeconds: null, preferredSeconds: null }
const wish = {
  bridge: 'br0',
  port: 'eth0',
  before: {
    mac: '52:54:00:00:00:01',
    mtu: 1500,
    addresses: [{ family: 'inet' as const, address: '192.0.2.2/24', scope: 'global', ...forever }],
    routes: [{ family: 'inet' as const, destination: 'default', gateway: '192.0.2.1', onlink: false }],
  },
}
const put = async (path: string, text: string) => {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

test('ifupdown: the bridge takes the place of its port, in the same file', async () => {
  const interfaces = [
    'auto lo',
    'iface lo inet loopback',
    '',
    'allow-hotplug eth0',
    'iface eth0 inet static',
    '    address 192.0.2.2/24',
    '    gateway 192.0.2.1',
    'iface eth0 inet6 auto',
    '',
  ].join('\n')
  await put('etc/network/interfaces', 'source /etc/network/interfaces.d/*\n')
  await put('etc/network/interfaces.d/lan', interfaces)
  const found = await bridgeFiles(wish, root)
  assert.ok('files' in found)
  assert.equal(found.tool, 'ifupdown')
  await writeConfigFiles(found.files)
  assert.deepEqual((await readFile(join(root, 'etc/network/interfaces.d/lan'), 'utf8')).split('\n'), [
    'auto lo',
    'iface lo inet loopback',
    '',
    'allow-hotplug eth0',
    'iface eth0 inet manual',
    '',
    'auto br0',
    'iface br0 inet static',
    '    pre-up ip link show dev br0 || ip link add name br0 address 52:54:00:00:00:01 type bridge forward_delay 0',
    '    pre-up ip link set dev eth0 up',
    '    pre-up ip link set dev eth0 master br0',
    '    post-down ip link del dev br0 || true',
    '    address 192.0.2.2/24',
    '    gateway 192.0.2.1',
    'iface br0 inet6 auto',
    '',
  ])
  const kept = join(root, 'etc/network/interfaces.d/lan.before-nacelle')
  assert.equal(await readFile(kept, 'utf8'), interfaces)
})

test('ifupdown: what is of other interfaces stays as it is', () => {
  assert.equal(bridgedInterfaces('iface eth01 inet dhcp\n#iface eth0 inet dhcp\n', wish), undefined)
})

test('systemd-networkd: files that come before those that are there', async () => {
  await put('etc/systemd/network/10-lan.network', '[Match]\nName=eth0\n')
  const found = await bridgeFiles(wish, root)
  assert.ok('files' in found)
  assert.equal(found.tool, 'systemd-networkd')
  const texts = Object.fromEntries(found.files.map(({ path, text }) => [path.split('/').at(-1), text]))
  assert.match(texts['05-nacelle-br0.netdev'] ?? '', /Name=br0\nKind=bridge\nMACAddress=52:54:00:00:00:01/)
  assert.match(texts['05-nacelle-br0-port.network'] ?? '', /Name=eth0\n\n\[Network\]\nBridge=br0/)
  assert.match(
    texts['05-nacelle-br0.network'] ?? '',
    /Name=br0\n\n\[Network\]\nAddress=192\.0\.2\.2\/24\n\n\[Route\]\nGateway=192\.0\.2\.1/,
  )
  const dynamic = {
    family: 'inet' as const,
    address: '192.0.2.9/24',
    scope: 'global',
    validSeconds: 60,
    preferredSeconds: 60,
  }
  const leased = { ...wish, before: { ...wish.before, addresses: [dynamic], routes: [] } }
  const again = await bridgeFiles(leased, root)
  assert.ok('files' in again)
  assert.match(again.files[2]?.text ?? '', /\[Network\]\nDHCP=ipv4\n/)
})

test('netplan and NetworkManager: a person is told what to do; unknown tools are said to be', async () => {
  const advice = async () => {
    const found = await bridgeFiles(wish, root)
    return 'advice' in found ? [found.tool, found.advice] : []
  }
  assert.equal((await advice())[0], 'unknown')
  await put('etc/NetworkManager/system-connections/lan.nmconnection', '')
  assert.match((await advice()).join(' '), /^NetworkManager .*nmcli connection add type bridge ifname br0/s)
  await put('etc/netplan/50-lan.yaml', '')
  assert.match(
    (await advice()).join(' '),
    /^netplan .*interfaces: \[eth0\].*addresses: \[192\.0\.2\.2\/24\]/s,
  )
})
