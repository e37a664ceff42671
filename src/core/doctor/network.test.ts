import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ForwardChain,
  judgeBridgeFilter,
  judgeForward,
  judgeForwarding,
  judgeModules,
} from './network.ts'

test('br_netfilter: absent or switched off, policies on bridges do nothing', () => {
  const all = { loaded: true, callIptables: true, callIp6tables: true }
  assert.equal(judgeBridgeFilter(all).state, 'ok')
  const absent = judgeBridgeFilter({ loaded: false, callIptables: false, callIp6tables: false })
  assert.equal(absent.state, 'warning')
  assert.match(absent.mend ?? '', /modprobe br_netfilter/)
  const half = judgeBridgeFilter({ ...all, callIp6tables: false })
  assert.equal(half.state, 'warning')
  assert.match(half.detail, /bridge-nf-call-ip6tables is 0/)
  assert.match(half.mend ?? '', /^sysctl -w net\.bridge\.bridge-nf-call-iptables=1/)
})

const filter = (rules: string, part: Partial<ForwardChain> = {}): ForwardChain => ({
  family: 'ip',
  table: 'filter',
  chain: 'FORWARD',
  rules,
  ...part,
})

const docker = `table ip filter {
  chain DOCKER-USER {
    counter packets 0 bytes 0 return
  }
  chain FORWARD {
    type filter hook forward priority filter; policy drop;
    counter packets 0 bytes 0 jump DOCKER-USER
    oifname "docker0" ct state related,established counter packets 0 bytes 0 accept
    iifname "docker0" oifname != "docker0" counter packets 0 bytes 0 accept
  }
}`

test('a foreign forward chain that drops names its maker and the rule that opens it', () => {
  const cases: [chain: ForwardChain, maker: RegExp, mend: RegExp][] = [
    [filter(docker), /made by Docker/, /^iptables -I DOCKER-USER -i nacelle\+ -j ACCEPT; .* -o nacelle\+/],
    [filter('jump ufw-before-forward'), /made by ufw/, /^ufw route allow in on nacelle0;/],
    [
      filter('', { family: 'inet', table: 'firewalld', chain: 'filter_FORWARD' }),
      /made by firewalld/,
      /--zone=trusted --add-interface=nacelle0/,
    ],
    [filter('-P FORWARD DROP', { family: 'legacy' }), /drops by policy:/, /^iptables-legacy -I FORWARD/],
    [
      filter('', { family: 'inet', table: 'mine', chain: 'forward' }),
      /chain forward of table inet mine/,
      /^nft insert rule inet mine forward iifname '"nacelle\*"' accept;/,
    ],
  ]
  for (const [chain, maker, mend] of cases) {
    const verdict = judgeForward({ dropping: [chain], bridges: [], bridgedToo: false })
    assert.equal(verdict.state, 'warning')
    assert.match(verdict.detail, maker)
    assert.match(verdict.mend ?? '', mend)
  }
})

test('after the mend the chain counts as open; one direction alone does not', () => {
  const bridges = ['nacelle0', 'nacelle12']
  const state = (rules: string) =>
    judgeForward({ dropping: [filter(rules)], bridges, bridgedToo: true }).state
  const rule = (way: string, name: string) => `  ${way}ifname "${name}" counter packets 0 bytes 0 accept\n`
  assert.equal(state(rule('i', 'nacelle*') + rule('o', 'nacelle*')), 'ok')
  assert.equal(state(rule('i', 'nacelle*')), 'warning')
  assert.equal(state(rule('i', 'nacelle0') + rule('o', 'nacelle0')), 'warning')
  assert.equal(state('-A FORWARD -i nacelle+ -j ACCEPT\n-A FORWARD -o nacelle+ -j ACCEPT'), 'ok')
  const trusted = bridges.map(
    (name) => `iifname "${name}" goto FWD_trusted\noifname "${name}" goto FWD_trusted`,
  )
  assert.equal(state(trusted.join('\n')), 'ok')
})

test('bridged traffic is named where br_netfilter sends it along', () => {
  const facts = { dropping: [filter(docker)], bridges: [], bridgedToo: true }
  assert.match(judgeForward(facts).detail, /routed and bridged/)
  assert.equal(judgeForward({ ...facts, dropping: [] }).state, 'ok')
})

test('forwarding that is off matters only where guests have a network', () => {
  assert.equal(judgeForwarding({ enabled: true, bridges: ['nacelle0'] }).state, 'ok')
  assert.equal(judgeForwarding({ enabled: false, bridges: [] }).state, 'ok')
  const off = judgeForwarding({ enabled: false, bridges: ['nacelle0'] })
  assert.deepEqual([off.state, off.mend], ['warning', 'sysctl -w net.ipv4.ip_forward=1'])
})

test('kernel modules: there, loadable, missing, untold', () => {
  const judged = (present: boolean, loadable?: boolean) =>
    judgeModules([
      { name: 'bridge', present: true },
      { name: 'tun', present, loadable },
    ])
  assert.equal(judged(true).state, 'ok')
  assert.match(judged(false, true).detail, /tun loads on use/)
  assert.equal(judged(false, false).state, 'error')
  assert.match(judged(false, false).mend ?? '', /modprobe -a tun/)
  assert.equal(judged(false).state, 'unknown')
})
