import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../errors.ts'
import type { AddressRange } from './address-pool.ts'
import { canonicalMac, generateMac, validMac } from './mac.ts'
import { checkForeign, checkPool, checkPoolName, checkRange, chooseAddress } from './rules.ts'

const refuses = (run: () => unknown, code: string, field?: string) =>
  assert.throws(run, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.deepEqual([error.code, error.field], [code, field], error.message)
    return true
  })

const pool = { name: 'p', gateway: '172.16.3.254' }
const range = (start: string, end: string, extra: Partial<AddressRange> = {}): AddressRange => ({
  key: `p/internal/${start}`,
  pool: 'p',
  type: 'internal',
  start,
  end,
  netmask: '255.255.255.0',
  ...extra,
})

const beside = (existing: AddressRange[], ...onLan: string[]) => ({ existing, onLan: new Set(onLan) })

test('a pool is refused by the field that is wrong', () => {
  checkPool({ gateway: '172.16.3.254', dns: ['8.8.8.8'], provider: 'dhcp' })
  for (const gateway of ['', 'x', '0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '1.2.3'])
    refuses(() => checkPool({ gateway, dns: [], provider: 'dhcp' }), 'invalid', 'gateway')
  refuses(
    () => checkPool({ gateway: '10.0.0.1', dns: ['8.8.8.8', 'y'], provider: 'dhcp' }),
    'invalid',
    'dns[1]',
  )
  refuses(
    () => checkPool({ gateway: '10.0.0.1', dns: Array(9).fill('8.8.8.8'), provider: 'dhcp' }),
    'invalid',
    'dns',
  )
  for (const name of ['', '-a', 'a/b', 'a b', '..', 'a'.repeat(41), "a'"])
    refuses(() => checkPoolName(name), 'invalid', 'name')
})

test('a range is refused by the field that is wrong', () => {
  const ok = range('172.16.3.1', '172.16.3.18')
  checkRange(pool, ok, beside([]))
  const cases: [Partial<AddressRange>, string, string][] = [
    [{ start: 'x' }, 'invalid', 'start'],
    [{ end: '' }, 'invalid', 'end'],
    [{ start: '172.16.3.19' }, 'invalid', 'end'],
    [{ netmask: '255.0.255.0' }, 'invalid', 'netmask'],
    [{ netmask: '255.255.255.255' }, 'invalid', 'netmask'],
    [{ netmask: '0.0.0.0' }, 'invalid', 'netmask'],
    [{ end: '172.16.4.3' }, 'invalid', 'end'],
    [{ start: '172.16.2.3' }, 'invalid', 'start'],
    [{ start: '172.16.3.0' }, 'invalid', 'start'],
    [{ end: '172.16.3.255' }, 'invalid', 'end'],
    [{ end: '172.16.3.254' }, 'invalid', 'start'],
  ]
  for (const [extra, code, field] of cases)
    refuses(() => checkRange(pool, { ...ok, ...extra }, beside([])), code, field)
})

test('ranges of all pools keep apart', () => {
  const there = [range('172.16.3.10', '172.16.3.20')]
  checkRange(pool, range('172.16.3.21', '172.16.3.30'), beside(there))
  for (const [start, end] of [
    ['172.16.3.1', '172.16.3.10'],
    ['172.16.3.20', '172.16.3.22'],
    ['172.16.3.1', '172.16.3.99'],
    ['172.16.3.12', '172.16.3.13'],
  ] as const)
    refuses(() => checkRange(pool, range(start, end), beside(there)), 'conflict', 'start')
  refuses(
    () =>
      checkRange(pool, range('172.16.3.30', '172.16.3.40', { netmask: '255.255.255.128' }), beside(there)),
    'invalid',
    'start',
  )
  refuses(
    () => checkRange(pool, range('172.16.3.30', '172.16.3.40', { netmask: '255.255.0.0' }), beside(there)),
    'invalid',
    'netmask',
  )
  const foreign = [range('172.16.3.10', '172.16.3.20', { pool: 'q' })]
  refuses(() => checkRange(pool, range('172.16.3.30', '172.16.3.40'), beside(foreign)), 'conflict', 'netmask')
})

test('an external range has a subnet of its own and keeps apart from everything', () => {
  const external = (start: string, end: string, extra: Partial<AddressRange> = {}) =>
    range(start, end, { type: 'external', ...extra })
  checkRange(pool, external('198.51.100.10', '198.51.100.20'), beside([]))
  checkRange(pool, external('198.51.100.7', '198.51.100.7', { netmask: '255.255.255.255' }), beside([]))
  const wrong: [AddressRange, string, string][] = [
    [external('198.51.100.0', '198.51.100.20'), 'invalid', 'start'],
    [external('198.51.100.9', '198.51.100.255'), 'invalid', 'end'],
    [external('198.51.100.9', '198.51.101.9'), 'invalid', 'end'],
    [external('198.51.100.9', '198.51.100.8'), 'invalid', 'end'],
    [external('127.0.0.1', '127.0.0.9'), 'invalid', 'start'],
    [external('198.51.100.9', '198.51.100.10', { netmask: '255.255.255.255' }), 'invalid', 'end'],
    [external('198.51.100.9', '198.51.100.10', { netmask: '254.0.0.0' }), 'invalid', 'netmask'],
    [external('172.16.3.250', '172.16.3.254'), 'invalid', 'start'],
  ]
  for (const [one, code, field] of wrong) refuses(() => checkRange(pool, one, beside([])), code, field)
  const there = [external('198.51.100.10', '198.51.100.20', { pool: 'q' })]
  checkRange(pool, external('198.51.100.21', '198.51.100.30'), beside(there))
  refuses(
    () => checkRange(pool, external('198.51.100.20', '198.51.100.30'), beside(there)),
    'conflict',
    'start',
  )
  const guests = [range('172.16.3.10', '172.16.3.20')]
  const beyond = external('172.16.3.100', '172.16.3.110', { pool: 'q' })
  refuses(() => checkRange({ ...pool, name: 'q' }, beyond, beside(guests)), 'conflict', 'start')
  refuses(() => checkRange(pool, range('172.16.3.10', '172.16.3.20'), beside([beyond])), 'conflict', 'start')
})

test('pools on the LAN share its subnet, but no address', () => {
  const lan = [range('172.16.3.10', '172.16.3.20', { pool: 'q' })]
  checkRange(pool, range('172.16.3.30', '172.16.3.40'), beside(lan, 'p', 'q'))
  refuses(
    () => checkRange(pool, range('172.16.3.20', '172.16.3.40'), beside(lan, 'p', 'q')),
    'conflict',
    'start',
  )
  refuses(
    () => checkRange(pool, range('172.16.3.30', '172.16.3.40'), beside(lan, 'q')),
    'conflict',
    'netmask',
  )
  const external = range('172.16.3.30', '172.16.3.40', { type: 'external' })
  checkRange({ name: 'p', gateway: '10.0.0.1' }, external, beside(lan, 'q'))
  checkForeign(external, ['172.16.3.29', '172.16.3.41', 'fe80::1'])
  refuses(() => checkForeign(external, ['172.16.3.40']), 'conflict', 'start')
})

test('a free address is found to the last one, whatever the draw', () => {
  const ranges = [range('10.0.0.1', '10.0.0.2'), range('10.0.0.9', '10.0.0.9')]
  for (const draw of [0, 0.34, 0.67, 0.999]) {
    const taken = new Set<string>()
    for (let n = 0; n < 3; n++) taken.add(chooseAddress('p', ranges, taken, { random: () => draw }))
    assert.deepEqual([...taken].sort(), ['10.0.0.1', '10.0.0.2', '10.0.0.9'])
    refuses(() => chooseAddress('p', ranges, taken), 'insufficient_capacity')
  }
  refuses(() => chooseAddress('p', [], new Set()), 'insufficient_capacity')
})

test('a wanted address is given or refused with its reason', () => {
  const ranges = [range('10.0.0.1', '10.0.0.2')]
  assert.equal(chooseAddress('p', ranges, new Set(), { wanted: '10.0.0.2' }), '10.0.0.2')
  refuses(
    () => chooseAddress('p', ranges, new Set(['10.0.0.2']), { wanted: '10.0.0.2' }),
    'conflict',
    'address',
  )
  refuses(() => chooseAddress('p', ranges, new Set(), { wanted: '10.0.0.3' }), 'invalid', 'address')
  refuses(() => chooseAddress('p', ranges, new Set(), { wanted: 'any' }), 'invalid', 'address')
})

test('MACs are unicast, made with the prefix of QEMU and unlike those taken', () => {
  for (const mac of ['52:54:00:00:00:01', 'ED:35:3D:5A:4E:3E', '00:16:3e:ff:ff:ff'])
    assert.equal(validMac(mac), !/^ED/.test(mac), mac)
  for (const mac of [
    '',
    '00:00:00:00:00:00',
    '52:54:00:00:00',
    '52-54-00-00-00-01',
    '52:54:00:00:00:0g',
    '01:00:5e:00:00:01',
  ])
    assert.equal(validMac(mac), false, mac)
  assert.equal(canonicalMac('52:54:00:AB:CD:EF'), '52:54:00:ab:cd:ef')
  const draws = [0, 0, 0.5]
  const made = generateMac(
    (mac) => mac === '52:54:00:00:00:00',
    () => draws.shift() ?? 0,
  )
  assert.equal(made, '52:54:00:80:00:00')
  refuses(() => generateMac(() => true), 'insufficient_capacity')
})
