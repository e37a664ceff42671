import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesOf, subnetsOf } from './iproute.ts'

// As `ip -j` of iproute2 6.1 prints them.
const routes = [
  { dst: 'default', gateway: '192.0.2.1', dev: 'eth0', flags: [] },
  { dst: '192.0.2.0/24', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '192.0.2.2', flags: [] },
  { dst: '10.9.0.0/16', gateway: '192.0.2.7', dev: 'eth0', flags: [] },
  { dst: '10.8.0.5', dev: 'wg0', scope: 'link', flags: [] },
  { dst: '0.0.0.0/1', dev: 'tun0', flags: [] },
  { type: 'blackhole', dst: '10.200.0.0/16', flags: [] },
  { type: 'local', dst: '127.0.0.0/8', dev: 'lo', table: 'local', flags: [] },
  { type: 'broadcast', dst: '192.0.2.255', dev: 'eth0', table: 'local', flags: [] },
]
const address = (local: string, prefixlen: number, extra: Record<string, unknown> = {}) => ({
  family: local.includes(':') ? 'inet6' : 'inet',
  local,
  prefixlen,
  scope: 'global',
  ...extra,
})
const links = [
  { ifname: 'lo', addr_info: [address('127.0.0.1', 8, { scope: 'host' })] },
  { ifname: 'br1', addr_info: [address('172.20.0.1', 24), address('fd00::9', 64)] },
  {
    ifname: 'eth0',
    addr_info: [
      address('192.0.2.2', 24),
      address('2001:db8::5', 64, { temporary: true }),
      address('fe80::1', 64, { scope: 'link' }),
    ],
  },
  { ifname: 'down0' },
]

test('every subnet that is routed anywhere counts, default routes in any disguise do not', () => {
  assert.deepEqual(subnetsOf(routes, links).sort(), [
    '10.200.0.0/16',
    '10.8.0.5/32',
    '10.9.0.0/16',
    '172.20.0.0/24',
    '192.0.2.0/24',
  ])
  assert.deepEqual(subnetsOf([], []), [])
})

test('the address of the default route stands first, IPv6 last', () => {
  assert.deepEqual(addressesOf(routes, links), ['192.0.2.2', '172.20.0.1', 'fd00::9'])
  const preferred = [{ dst: 'default', dev: 'eth0', prefsrc: '172.20.0.1' }]
  assert.equal(addressesOf(preferred, links)[0], '172.20.0.1')
  const second = [...routes, { dst: 'default', dev: 'br1', metric: 600 }]
  assert.equal(addressesOf(second, links)[0], '192.0.2.2')
})
