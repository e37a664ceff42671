import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  contains,
  formatIpv4,
  formatSubnet,
  netmaskOfPrefix,
  overlap,
  parseIpv4,
  parseSubnet,
  prefixOfNetmask,
  subnetOf,
} from './ipv4.ts'

test('addresses go both ways and odd spellings are refused', () => {
  for (const text of ['0.0.0.0', '10.0.0.1', '172.16.3.254', '255.255.255.255'])
    assert.equal(formatIpv4(parseIpv4(text) ?? -1), text)
  for (const text of [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '010.0.0.1',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '::1',
    '1.2.3.-4',
  ])
    assert.equal(parseIpv4(text), undefined, text)
})

test('netmasks are contiguous ones', () => {
  for (let prefix = 0; prefix <= 32; prefix++) assert.equal(prefixOfNetmask(netmaskOfPrefix(prefix)), prefix)
  for (const text of ['255.0.255.0', '255.255.255.1', '0.0.0.255', 'x'])
    assert.equal(prefixOfNetmask(text), undefined)
})

test('subnets know their bounds', () => {
  const subnet = subnetOf(parseIpv4('172.16.3.77') ?? 0, 24)
  assert.equal(formatSubnet(subnet), '172.16.3.0/24')
  assert.equal(formatIpv4(subnet.last), '172.16.3.255')
  assert.ok(contains(subnet, parseIpv4('172.16.3.255') ?? 0))
  assert.ok(!contains(subnet, parseIpv4('172.16.4.0') ?? 0))
  assert.deepEqual(parseSubnet('10.1.2.3'), parseSubnet('10.1.2.3/32'))
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'x/8'])
    assert.equal(parseSubnet(text), undefined)
  assert.ok(overlap({ first: 1, last: 5 }, { first: 5, last: 9 }))
  assert.ok(!overlap({ first: 1, last: 5 }, { first: 6, last: 9 }))
})
