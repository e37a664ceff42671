import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NatNetwork } from '../../core/network.ts'
import { bootFileName } from './boot-offers.ts'
import { releaseMessage } from './dhcp-release.ts'
import { parseLeases, parseNetworkList, parseTaps } from './network-commands.ts'
import { buildHost, buildHostOf, buildNetwork, isAsWanted, parseNetwork } from './network-xml.ts'

const host = { mac: '52:54:00:00:00:05', address: '10.1.0.5', hostname: 'web1' }
const network: NatNetwork = {
  name: 'nacelle-a',
  bridge: 'nacelle0',
  gateway: '10.1.0.1',
  netmask: '255.255.255.0',
  dns: ['9.9.9.9'],
  dhcp: true,
  hosts: [host],
}
const bootDirectory = '/var/lib/nacelle/netboot'
const build = (change: Partial<NatNetwork>) => buildNetwork({ ...network, ...change }, { bootDirectory })

test('a definition is read back as it was written', () => {
  const found = parseNetwork(
    buildNetwork(network, { bootDirectory, uuid: '3e3fce45-4f53-4fa7-bb32-11f34168b82b' }),
  )
  assert.deepEqual(found, {
    uuid: '3e3fce45-4f53-4fa7-bb32-11f34168b82b',
    mode: 'open',
    bridge: 'nacelle0',
    gateway: '10.1.0.1',
    netmask: '255.255.255.0',
    dns: ['9.9.9.9'],
    options: [`dhcp-boot=${bootFileName}`, 'enable-tftp', `tftp-root=${bootDirectory}`, 'tftp-no-fail'],
    hosts: [host],
  })
  assert.ok(isAsWanted(found, network, { bootDirectory }))
  assert.equal(isAsWanted(found, network, { bootDirectory: '/elsewhere' }), false)
  assert.equal(isAsWanted({ ...found, options: [] }, network, { bootDirectory }), false)
  for (const other of [{ dns: [] }, { gateway: '10.1.0.2' }, { bridge: 'nacelle1' }, { dhcp: false }])
    assert.equal(isAsWanted(found, { ...network, ...other }, { bootDirectory }), false)
  assert.doesNotMatch(buildNetwork({ ...network, dhcp: false }, { bootDirectory }), /dhcp|host|tftp/)
})

test("libvirt's own definition is understood", () => {
  const xml = `<network connections='1'><name>default</name><uuid>u</uuid><forward mode='nat'><nat><port start='1' end='2'/></nat></forward>
    <bridge name='virbr0' stp='on' delay='0'/><ip family='ipv6' address='fd00::1' prefix='64'/>
    <ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>`
  const found = parseNetwork(xml)
  assert.deepEqual([found.mode, found.gateway, found.hosts], ['nat', '192.168.122.1', []])
})

test('what cannot be a name, MAC or address is refused before it reaches libvirt', () => {
  for (const name of ['', '-x', '../x', 'a b', "a'/>"])
    assert.throws(() => build({ name }), { code: 'invalid' })
  assert.throws(() => build({ bridge: 'sixteen-letters-' }), { field: 'bridge' })
  assert.throws(() => build({ gateway: 'x' }), { field: 'gateway' })
  assert.throws(() => build({ netmask: '255.0.255.0' }), { field: 'netmask' })
  assert.throws(() => build({ dns: ["'/>"] }), { field: 'dns' })
  assert.throws(() => buildHost({ ...host, mac: 'x' }), { field: 'mac' })
  assert.throws(() => buildHost({ ...host, address: '10.1.0.5,set:x' }), { field: 'address' })
  assert.throws(() => buildHostOf("x'/>"), { field: 'mac' })
  assert.doesNotMatch(buildHost({ ...host, hostname: 'not a name' }), /name/)
})

// As virsh 9.0 prints them.
test('the tables of virsh are read', () => {
  const list = [
    ' Name           State      Autostart   Persistent',
    '---------------------------------------------------',
    ' nacelle-a      active     yes         yes',
    ' with a space   inactive   no          yes',
    '',
  ].join('\n')
  assert.deepEqual(parseNetworkList(list), [
    { name: 'nacelle-a', active: true, autostart: true, persistent: true },
    { name: 'with a space', active: false, autostart: false, persistent: true },
  ])
  const leases = [
    ' Expiry Time           MAC address         Protocol   IP address      Hostname   Client ID or DUID',
    '-------------------------------------------------------------------------------------------------------',
    ' 2026-11-24 08:31:29   52:54:00:00:00:05   ipv4       10.110.0.5/24   web1       01:52:54:00:00:00:05',
    ' 2026-11-24 08:31:30   52:54:00:00:00:06   ipv4       10.110.0.6/24   -          -',
    ' 2026-11-24 08:31:30   52:54:00:00:00:06   ipv6       fd00::6/64      -          -',
  ].join('\n')
  const at = Date.UTC(2026, 10, 24, 8, 31, 29)
  assert.deepEqual(parseLeases(leases), [
    { mac: '52:54:00:00:00:05', address: '10.110.0.5', hostname: 'web1', expiresAt: at },
    { mac: '52:54:00:00:00:06', address: '10.110.0.6', hostname: null, expiresAt: at + 1000 },
  ])
  const taps = [
    ' Interface   Type      Source      Model    MAC',
    '---------------------------------------------------------------',
    ' vnet0       network   nacelle-a   virtio   52:54:00:00:00:77',
    ' vnet1       network   other       virtio   52:54:00:00:00:78',
    ' vnet2       bridge    nacelle-a   virtio   52:54:00:00:00:79',
    ' -           network   nacelle-a   virtio   52:54:00:00:00:80',
  ].join('\n')
  assert.deepEqual(parseTaps(taps, 'nacelle-a'), ['vnet0'])
})

test('a DHCPRELEASE has its parts where RFC 2131 wants them', () => {
  const message = releaseMessage({ mac: '52:54:00:00:00:05', address: '10.1.0.5', server: '10.1.0.1' })
  assert.equal(message.length, 300)
  assert.deepEqual([...message.subarray(0, 4)], [1, 1, 6, 0])
  assert.deepEqual([...message.subarray(12, 16)], [10, 1, 0, 5])
  assert.deepEqual([...message.subarray(28, 34)], [0x52, 0x54, 0, 0, 0, 5])
  assert.deepEqual([...message.subarray(236, 250)], [99, 130, 83, 99, 53, 1, 7, 54, 4, 10, 1, 0, 1, 255])
})
