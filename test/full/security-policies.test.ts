// Security policies with packets: two guests on one network, and the host that routes to them.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { type Appliance, startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import type { GuestAgent } from '../lab/agent.ts'
import { waitFor } from '../lab/http.ts'
import type { Lab } from '../lab/libvirt.ts'

let lab: Lab
let appliance: Appliance
let stop: (() => Promise<void>) | undefined

interface Machine {
  id: string
  address: string
  mac: string
  agent: GuestAgent
  ports: { guest: number; host: number }[]
}
let server: Machine
let client: Machine

const api = (method: string, path: string, body?: unknown) => appliance.api(method, path, body)
const policy = (rest: string) => `/guests/${server.id}/security_policy${rest}`
const rule = (to_port: number, action = 'accept', more: object = {}) => ({
  action,
  protocol: 'tcp',
  to_port,
  ...more,
})

async function machine(image: string, name: string, more: object = {}): Promise<Machine> {
  const body = { from_image: image, auto_start: true, ...more }
  const id = await life.createGuest(appliance, life.createBody(name, body))
  const agent = await life.booted(appliance, id)
  const shown = await appliance.api<life.GuestReply & { ports: Machine['ports'] }>('GET', `/instances/${id}`)
  const address = shown.internal.allocated_address?.split('/')[0] ?? ''
  return { id, address, mac: shown.ethernet_address, agent, ports: shown.ports }
}

before(async () => {
  const both = await startBoth()
  ;({ lab, appliance, stop } = both)
  const image = await life.uploadTiny(appliance)
  ;[server, client] = await Promise.all([machine(image, 'server', { ports: [80] }), machine(image, 'client')])
  const pages = 'mkdir -p /tmp/www; echo served >/tmp/www/index.html'
  await server.agent.sh(`${pages}; httpd -p 80 -h /tmp/www; httpd -p 8080 -h /tmp/www`)
  await client.agent.sh(`${pages}; httpd -p 80 -h /tmp/www`)
})
after(() => stop?.())

type Outcome = 'served' | 'refused' | 'silent'

/** `silent` waits out the seconds; the guest's wget does not run without libraries of a system. */
const fetching = (address: string, port: number) =>
  `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${address} ${port} >/tmp/answer 2>&1
   grep -o served /tmp/answer || grep -o refused /tmp/answer || echo silent`

/** What a guest gets from each of the ports, by one question to its agent, since each takes a second or more. */
const reachAll = async (from: Machine, to: Machine, ports: number[]): Promise<Outcome[]> =>
  (await from.agent.sh(ports.map((port) => fetching(to.address, port)).join('\n')))
    .trim()
    .split('\n') as Outcome[]

const reach = async (from: Machine, to: Machine, port: number) => (await reachAll(from, to, [port]))[0]

/** From the host, which routes. */
async function reachRouted(target: string): Promise<Outcome> {
  const words = ['-s', '-m', '5', `http://${target}/`]
  const { exitCode, stdout } = await lab.exec('curl', words, { allowFailure: true })
  return exitCode === 0 ? (stdout.trim() as Outcome) : exitCode === 7 ? 'refused' : 'silent'
}

/** Port 80 and port 8080 of the server, as its neighbour and as the host see them. */
async function both(): Promise<Outcome[]> {
  const ports = [80, 8080]
  const seen = await Promise.all([
    reachAll(client, server, ports),
    ...ports.map((port) => reachRouted(`${server.address}:${port}`)),
  ])
  return seen.flat()
}

/** A slow host answers a change before it holds to it. */
async function settles(wanted: Outcome[]): Promise<void> {
  let seen: Outcome[] = []
  const look = async () => {
    seen = await both()
    return isDeepStrictEqual(seen, wanted) ? true : undefined
  }
  await waitFor('policy', look, { timeoutMs: 120_000 }).catch(() => assert.deepEqual(seen, wanted))
}

/** The same for its neighbour and the host, since both are held to one policy. */
const settlesAt = (port80: Outcome, port8080: Outcome) => settles([port80, port8080, port80, port8080])

const pings = (from: Machine, to: string) =>
  from.agent
    .sh(`ping -c 2 -W 2 ${to} >/dev/null 2>&1 && echo yes || echo no`)
    .then((out) => out.trim() === 'yes')

describe('security policies', { timeout: 900_000 }, () => {
  it('without one, every port answers', async () => {
    await settlesAt('served', 'served')
    assert.equal(await pings(client, server.address), true)
  })

  it('rejecting by default, no port answers, and what the guest begins itself works', async () => {
    await api('PUT', policy('/default_action'), { action: 'reject' })
    await settlesAt('refused', 'refused')
    assert.equal(await pings(client, server.address), false)
    assert.equal(await reach(server, client, 80), 'served')
    assert.equal(await pings(server, client.address), true)
  })

  it('an accepted port answers, from its neighbour, from the host and through a port forward', async () => {
    await api('POST', policy('/rules/'), rule(80))
    await settlesAt('served', 'refused')
    const forward = server.ports.find(({ guest }) => guest === 80)?.host
    const gateway = server.address.replace(/\d+$/, '1')
    assert.equal(await reachRouted(`${gateway}:${forward}`), 'served')
    await api('DELETE', policy('/rules/0'))
    assert.equal(await reachRouted(`${gateway}:${forward}`), 'refused')
    await api('POST', policy('/rules/'), rule(80))
  })

  it('the first rule that fits decides, after each change of the order', async () => {
    await api('POST', policy('/rules/'), rule(80, 'reject'))
    await settlesAt('served', 'refused')
    await api('PUT', policy('/rules/1/order'), { direction: 'up' })
    await settlesAt('refused', 'refused')
    await api('PUT', policy('/rules/0/order'), { direction: 'down' })
    await settlesAt('served', 'refused')
    await api('DELETE', policy('/rules/1'))
  })

  it('a rule tells who may come', async () => {
    await api('PUT', policy('/rules/0'), rule(80, 'accept', { from_address: '203.0.113.0/24' }))
    await settlesAt('refused', 'refused')
    await api('PUT', policy('/rules/0'), rule(80, 'accept', { from_address: client.address }))
    await settles(['served', 'refused', 'refused', 'refused'])
    await api('PUT', policy('/rules/0'), rule(80))
  })

  it('pings have a rule of their own', async () => {
    await api('POST', policy('/rules/'), { action: 'accept', protocol: 'icmp' })
    await waitFor('ping', async () => (await pings(client, server.address)) || undefined)
    await api('DELETE', policy('/rules/1'))
    await waitFor('no ping', async () => (await pings(client, server.address)) === false || undefined)
  })

  it('a change of its group changes the running guest', async () => {
    await api('DELETE', policy('/rules/0'))
    await api('PUT', policy('/default_action'), { action: null })
    const { id } = await appliance.api<{ id: string }>('POST', '/security_policy_groups/', { name: 'web' })
    await api('POST', `/security_policy_groups/${id}/rules/`, rule(8080, 'reject'))
    await api('PUT', policy('/group'), { security_policy_group: id })
    await settlesAt('served', 'refused')
    await api('PUT', `/security_policy_groups/${id}/rules/0`, rule(80, 'reject'))
    await settlesAt('refused', 'served')
    await api('POST', policy('/rules/'), rule(80))
    await settlesAt('served', 'served')
    await api('DELETE', policy('/rules/0'))
    await api('PUT', `/security_policy_groups/${id}`, { enabled: false })
    await settlesAt('served', 'served')
    await api('PUT', `/security_policy_groups/${id}`, { enabled: true, default_action: 'reject' })
    await settlesAt('refused', 'refused')
    const refused = await appliance.call('DELETE', `/security_policy_groups/${id}`)
    assert.match(refused.text, /still used by manager\.server/)
    await api('PUT', policy('/group'), { security_policy_group: null })
    await api('DELETE', `/security_policy_groups/${id}`)
  })

  it('outlives a restart of libvirtd, a flush of all rules and a filter that somebody changed', async () => {
    await api('PUT', policy('/default_action'), { action: 'reject' })
    await api('POST', policy('/rules/'), rule(80))
    const holds = () => settlesAt('served', 'refused')
    const pid = (await readFile(`${lab.dir}/run/libvirt/libvirtd.pid`, 'utf8')).trim()
    await lab.exec('kill', [pid])
    await waitFor('end of libvirtd', async () =>
      (await lab.exec('kill', ['-0', pid], { allowFailure: true })).exitCode === 0 ? undefined : true,
    )
    await lab.exec('libvirtd', ['-d', '-p', '/run/libvirt/libvirtd.pid'])
    await waitFor('libvirtd', async () =>
      (await lab.exec('virsh', ['-c', 'qemu:///system', 'list'], { allowFailure: true })).exitCode === 0
        ? true
        : undefined,
    )
    await holds()
    const { stdout } = await lab.exec('sh', ['-c', 'nft flush ruleset; nft list ruleset'])
    assert.equal(stdout.trim(), '', 'the flush took everything away')
    await repaired(/filter of guest 'server' in force again/)
    await holds()
    await appliance.kill9()
    const name = `nacelle-${server.id}`
    const xml = (await lab.virsh('nwfilter-dumpxml', name)).replaceAll("action='reject'", "action='accept'")
    await lab.exec(
      'sh',
      ['-c', 'cat >"$TMPDIR/f.xml"; virsh -c qemu:///system nwfilter-define "$TMPDIR/f.xml"'],
      {
        input: xml,
      },
    )
    assert.doesNotMatch(await lab.virsh('nwfilter-dumpxml', name), /action='reject'/)
    await appliance.start()
    await repaired(/filter of guest 'server' as the record says/)
    assert.match(await lab.virsh('nwfilter-dumpxml', name), /action='reject'/)
    await holds()
  })
})

/** A pass every minute. */
const repaired = (words: RegExp) =>
  waitFor(
    String(words),
    async () => {
      const all = await appliance.api<{ name: string; repaired: string[] }[]>('GET', '/reconcilers')
      return words.test(all.find(({ name }) => name === 'policies')?.repaired.join('\n') ?? '')
        ? true
        : undefined
    },
    { timeoutMs: 150_000, everyMs: 500 },
  )

/** Counts the frames of a kind that the client sent, and those of them that its own filter let pass. */
async function watchFrames(kinds: Record<string, string>): Promise<() => Promise<Record<string, string>>> {
  const card = /^\s*(\S+)\s+network\s/m.exec(await lab.virsh('domiflist', client.id))?.[1]
  const rules = Object.entries(kinds).map(
    ([name, match]) => `iifname "${card}" ${match} counter name ${name}`,
  )
  const counters = (suffix: string) => Object.keys(kinds).map((name) => `counter ${name}${suffix} { }`)
  const named = (suffix: string) => rules.map((line) => `${line}${suffix}`).join('\n')
  const ruleset = `table bridge watch {
    ${[...counters('_sent'), ...counters('_passed')].join('\n')}
    chain sent { type filter hook prerouting priority -350; ${'\n'}${named('_sent')}
    }
    chain forwarded { type filter hook forward priority -100; ${'\n'}${named('_passed')}
    }
    chain arrived { type filter hook input priority -100; ${'\n'}${named('_passed')}
    }
  }`
  await lab.exec('nft', ['-f', '-'], { input: ruleset })
  return async () => {
    const { stdout } = await lab.exec('nft', ['list', 'counters', 'table', 'bridge', 'watch'])
    await lab.exec('nft', ['delete', 'table', 'bridge', 'watch'])
    const packets = (name: string) =>
      Number(new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(stdout)?.[1] ?? Number.NaN)
    const told = (name: string) =>
      `${packets(`${name}_sent`) > 0 ? 'sent' : 'not sent'}, ${packets(`${name}_passed`)} passed`
    return Object.fromEntries(Object.keys(kinds).map((name) => [name, told(name)]))
  }
}

describe('a guest that forges', { timeout: 300_000 }, () => {
  const foreignMac = '52:54:00:12:34:56'
  let foreign: string
  before(() => {
    foreign = server.address.replace(/\d+$/, '201')
  })

  it('sends no foreign IPv4 address, and claims none by ARP', async () => {
    const look = await watchFrames({
      address: `ip saddr ${foreign}`,
      claim: `arp saddr ip ${foreign}`,
      honest: `ip saddr ${client.address}`,
    })
    await client.agent.sh(
      `ip addr add ${foreign}/24 dev eth0; ping -c 2 -W 1 -I ${foreign} ${server.address};
       arping -c 2 -w 3 -I eth0 -s ${foreign} ${server.address};
       arping -U -c 2 -w 3 -I eth0 -s ${foreign} ${foreign};
       ip addr del ${foreign}/24 dev eth0; ping -c 1 -W 1 ${server.address}; true`,
    )
    const { honest, ...forged } = await look()
    assert.deepEqual(forged, { address: 'sent, 0 passed', claim: 'sent, 0 passed' })
    assert.match(honest ?? '', /^sent, [1-9]/)
    assert.doesNotMatch(await server.agent.sh('ip neigh'), new RegExp(`${foreign} .*${client.mac}`))
  })

  it('sends nothing from a foreign MAC, and no IPv6', async () => {
    const look = await watchFrames({ mac: `ether saddr ${foreignMac}`, ipv6: 'ether type ip6' })
    const change = (mac: string) =>
      `ip link set eth0 down; ip link set eth0 address ${mac}; ip link set eth0 up;
       ip addr add ${client.address}/24 dev eth0 2>/dev/null; true`
    await client.agent.sh(`${change(foreignMac)}; ping -c 2 -W 1 ${server.address}; true`)
    assert.equal(await reach(client, server, 80), 'silent')
    await client.agent.sh(change(client.mac))
    const { mac, ipv6 } = await look()
    assert.equal(mac, 'sent, 0 passed')
    assert.match(ipv6 ?? '', /, 0 passed$/)
    assert.equal(await reach(client, server, 80), 'served')
  })
})

describe('guests that have gone', { timeout: 120_000 }, () => {
  it('leave no filter, no chain and no policy', async () => {
    for (const { id } of [server, client]) await api('DELETE', `/guests/${id}`, { force: true })
    assert.doesNotMatch(await lab.virsh('nwfilter-list'), /nacelle-/)
    const rules = (await lab.exec('nft', ['list', 'ruleset'])).stdout
    assert.doesNotMatch(rules, /vnet\d|nacelle_policies/)
  })
})
