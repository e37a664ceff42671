import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TrafficFilter } from '../../core/traffic-filters.ts'
import type { SecurityRule } from '../../db/row-types.ts'
import { buildFilter, editionOf, filterName, guestOfFilter, splitFilters } from './nwfilter-xml.ts'
import { parseBindings } from './nwfilters.ts'
import { attribute, child, children, type Element, parseXml } from './xml.ts'

const id = '3f2b5c1a-0000-4000-8000-0000000000aa'
const rule = (values: Partial<SecurityRule> = {}): SecurityRule => ({
  action: 'accept',
  protocol: 'tcp',
  fromAddress: null,
  toAddress: null,
  toPort: null,
  ...values,
})
const filter = (values: Partial<TrafficFilter> = {}): TrafficFilter => ({
  id,
  mac: '52:54:00:00:00:0a',
  address: '10.0.0.10',
  policy: { rules: [], otherwise: 'accept' },
  ...values,
})

const rulesOf = (wanted: TrafficFilter): Element[] =>
  children(child(parseXml(buildFilter(wanted)), 'filter'), 'rule')

/** `accept in tcp dstportstart=22 state=NEW`, in the order of priority. */
const words = (wanted: TrafficFilter): string[] =>
  rulesOf(wanted)
    .sort((a, b) => Number(attribute(a, 'priority')) - Number(attribute(b, 'priority')))
    .map((element) => {
      const [match] = Object.entries(element).filter(([name]) => !name.startsWith('@'))
      const is = Object.entries((match?.[1] ?? {}) as Element).map(
        ([name, value]) => `${name.slice(1)}=${value}`,
      )
      const head = `${attribute(element, 'action')} ${attribute(element, 'direction')}`
      return [head, match?.[0], ...is].filter((word) => word !== undefined).join(' ')
    })

describe('the nwfilter of a guest', () => {
  it('has a name and an id of its own that never change', () => {
    const element = child(parseXml(buildFilter(filter())), 'filter')
    assert.equal(attribute(element, 'name'), `nacelle-${id}`)
    assert.equal(guestOfFilter(filterName(id)), id)
    for (const foreign of ['clean-traffic', 'nacelle-x', `other-${id}`])
      assert.equal(guestOfFilter(foreign), undefined)
  })

  it('lets out what bears its own MAC and address, the look for an address, and nothing else', () => {
    assert.deepEqual(words(filter()), [
      'drop out mac match=no srcmacaddr=52:54:00:00:00:0a',
      'accept out ip srcipaddr=10.0.0.10',
      'accept out ip srcipaddr=0.0.0.0 protocol=udp srcportstart=68 dstportstart=67',
      'accept out arp arpsrcmacaddr=52:54:00:00:00:0a arpsrcipaddr=10.0.0.10',
      'accept out arp arpsrcmacaddr=52:54:00:00:00:0a arpsrcipaddr=0.0.0.0',
      'drop out',
    ])
  })

  it('guards the MAC alone where nobody knows the address', () => {
    assert.deepEqual(words(filter({ address: null })), [
      'drop out mac match=no srcmacaddr=52:54:00:00:00:0a',
      'accept out mac protocolid=ipv4',
      'accept out arp arpsrcmacaddr=52:54:00:00:00:0a',
      'drop out',
    ])
  })

  it('tells a policy in its order, after what belongs to conversations that there are', () => {
    const rules = [
      rule({ toPort: 22, fromAddress: '10.0.0.0/8' }),
      rule({ action: 'reject', toPort: 80 }),
      rule({ protocol: 'udp', toAddress: '10.0.0.10' }),
      rule({ protocol: 'icmp' }),
    ]
    assert.deepEqual(words(filter({ policy: { rules, otherwise: 'reject' } })).slice(6), [
      'drop in mac protocolid=ipv6',
      'accept in all state=ESTABLISHED,RELATED',
      'drop in all state=INVALID',
      'accept in udp srcportstart=67 dstportstart=68 state=NEW',
      'accept in tcp srcipaddr=10.0.0.0 srcipmask=8 dstportstart=22 state=NEW',
      'reject in tcp dstportstart=80 state=NEW',
      'accept in udp dstipaddr=10.0.0.10 state=NEW',
      'accept in icmp state=NEW',
      'reject in all state=NEW',
    ])
  })

  it('needs no rules that say what the default says', () => {
    const open = { rules: [rule({ toPort: 22 }), rule({ protocol: 'icmp' })], otherwise: 'accept' } as const
    assert.deepEqual(words(filter({ policy: { ...open, rules: [...open.rules] } })), words(filter()))
    const closed = words(filter({ policy: { rules: [rule({ action: 'reject' })], otherwise: 'reject' } }))
    assert.equal(closed.filter((line) => line.startsWith('reject')).length, 1)
  })

  it('is known again in the form that libvirt gives it, in either edition', () => {
    const wanted = filter({ policy: { rules: [rule({ toPort: 22 })], otherwise: 'reject' } })
    const libvirts = buildFilter(wanted).replace(
      /<tcp ([^/]*)\/>/,
      (_, attributes: string) => `<tcp ${attributes.trim().split(' ').reverse().join(' ')}/>`,
    )
    assert.equal(editionOf(libvirts, wanted), 'even')
    assert.equal(editionOf(buildFilter(wanted, 'odd'), wanted), 'odd')
    assert.equal(editionOf(libvirts, filter()), undefined)
    assert.equal(editionOf('', wanted), undefined)
    assert.equal(editionOf(buildFilter({ ...wanted, address: '10.0.0.11' }), wanted), undefined)
  })

  it('takes no value that is not plainly what it should be', () => {
    const wrong: [Partial<TrafficFilter>, string][] = [
      [{ id: 'x' }, 'id'],
      [{ mac: "00'/><x" }, 'mac'],
      [{ address: '10.0.0.1/24' }, 'address'],
      [{ policy: { rules: [rule({ fromAddress: "1'" })], otherwise: 'reject' } }, 'srcipaddr'],
      [{ policy: { rules: [rule({ toAddress: 'host' })], otherwise: 'reject' } }, 'dstipaddr'],
      [{ policy: { rules: [rule({ protocol: 'gre' as 'tcp' })], otherwise: 'reject' } }, 'protocol'],
    ]
    for (const [values, field] of wrong)
      assert.throws(() => buildFilter(filter(values)), { code: 'invalid', field }, field)
  })
})

it('several definitions in one answer are told apart', () => {
  const other = { ...filter(), id: '3f2b5c1a-0000-4000-8000-0000000000bb' }
  const out = `${buildFilter(filter())}\n\n${buildFilter(other)}\n 3f2b  some list`
  assert.deepEqual([...splitFilters(out).keys()], [filterName(id), filterName(other.id)])
})

it('bindings of interfaces are read', () => {
  const out = ` vnet3      nacelle-${id}\n vnet4      clean-traffic\n\n`
  assert.equal(parseBindings(out).get(filterName(id)), 'vnet3')
})
