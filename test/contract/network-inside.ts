// Runs inside a lab (network-libvirt.test.ts starts it there): the contract and real packets over real libvirt.
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { desiredFirewall, desiredNetworks } from '../../src/core/address-pools/desired.ts'
import type { FirewallRules, NatNetwork } from '../../src/core/network.ts'
import { run, spawnLong } from '../../src/drivers/exec.ts'
import { createHostNetwork } from '../../src/main/host-network.ts'
import { runNetworkContract } from './network.ts'
import { openPools } from './network-appliance.ts'
import { addNamespace, bootScript, dhcp, fetch, removeNamespace, serve } from './network-namespaces.ts'

const uri = 'qemu:///system'
// The parent is made for this run, and everybody may pass it.
const bootDirectory = join(await mkdtemp('/tmp/boot-'), 'netboot')
await chmod(dirname(bootDirectory), 0o755)
after(() => rm(dirname(bootDirectory), { recursive: true }))
const virsh = async (...words: string[]) => (await run('virsh', ['-q', '-c', uri, ...words])).stdout

runNetworkContract('libvirt', {
  async create() {
    return {
      network: createHostNetwork({ uri, bootDirectory }),
      async requestLease({ bridge }, mac) {
        await addNamespace('client', { bridge, mac })
        try {
          return await dhcp('client')
        } finally {
          await removeNamespace('client')
        }
      },
      async requestBoot({ bridge, gateway }, mac) {
        await addNamespace('client', { bridge, mac, address: gateway.replace(/\d+$/, '200') })
        try {
          return await bootScript('client', { mac, server: gateway })
        } finally {
          await removeNamespace('client')
        }
      },
      async poke(name, fate) {
        await virsh('net-destroy', name)
        if (fate === 'delete') await virsh('net-undefine', name)
      },
      async flushFirewall() {
        await run('nft', ['flush', 'ruleset'])
      },
      close: async () => undefined,
    }
  },
})

describe('packets', () => {
  const network = createHostNetwork({ uri, bootDirectory })
  const lan = (name: string, bridge: string, subnet: string): NatNetwork => ({
    name,
    bridge,
    gateway: `${subnet}.1`,
    netmask: '255.255.255.0',
    dns: [],
    dhcp: true,
    hosts: [],
  })
  const rules: FirewallRules = {
    masquerade: [
      { subnet: '10.117.0.0/24', bridge: 'nacelle7' },
      { subnet: '10.118.0.0/24', bridge: 'nacelle8' },
    ],
    forwards: [{ protocol: 'tcp', hostPort: 2222, address: '10.117.0.10', port: 22 }],
    mappings: [],
  }
  const external = '198.51.100.77'
  const mapped: FirewallRules = { ...rules, mappings: [{ external, address: '10.117.0.11' }] }
  const mappingHolds = async () => {
    assert.equal(await network.firewallIntact(mapped), true)
    assert.equal(await fetch('outside', external, 7000), '198.51.100.9')
    assert.equal(await fetch('a2', '198.51.100.9', 7000), external)
  }
  const close: (() => Promise<void>)[] = []

  before(async () => {
    await network.ensureNetwork(lan('nacelle-a', 'nacelle7', '10.117.0'))
    await network.ensureNetwork(lan('nacelle-b', 'nacelle8', '10.118.0'))
    const guests = [
      ['a1', 'nacelle7', '10.117.0.10'],
      ['a2', 'nacelle7', '10.117.0.11'],
      ['b1', 'nacelle8', '10.118.0.10'],
    ] as const
    for (const [name, bridge, address] of guests)
      await addNamespace(name, { bridge, address, router: address.replace(/\d+$/, '1') })
    await run('ip', ['link', 'add', 'lan0', 'type', 'bridge'])
    await run('ip', ['addr', 'add', '198.51.100.1/24', 'dev', 'lan0'])
    await run('ip', ['link', 'set', 'lan0', 'up'])
    await addNamespace('outside', { bridge: 'lan0', address: '198.51.100.9' })
    close.push(
      await serve('outside', 7000),
      await serve('a1', 22),
      await serve('a1', 7000),
      await serve('b1', 7000),
    )
  })
  after(async () => {
    for (const stop of close) await stop()
    for (const name of ['a1', 'a2', 'b1', 'outside']) await removeNamespace(name)
    await run('ip', ['link', 'del', 'lan0'])
    for (const name of ['nacelle-a', 'nacelle-b']) await network.removeNetwork(name)
    await network.removeFirewall()
  })

  test('without our table the outside gets addresses that it cannot answer', async () => {
    assert.equal(await fetch('a1', '198.51.100.9', 7000), null)
  })

  test('a guest reaches the outside under the address of the host', async () => {
    await network.applyFirewall(rules)
    assert.equal(await fetch('a1', '198.51.100.9', 7000), '198.51.100.1')
    assert.equal(await fetch('b1', '198.51.100.9', 7000), '198.51.100.1')
  })

  test('forwarding is switched on where it was off', async () => {
    await run('sysctl', ['-w', 'net.ipv4.ip_forward=0'])
    assert.equal(await network.firewallIntact(rules), false)
    await network.applyFirewall(rules)
    assert.equal(await network.firewallIntact(rules), true)
    assert.equal(await fetch('a1', '198.51.100.9', 7000), '198.51.100.1')
  })

  test('neighbours see each other as they are, pools see nothing of one another', async () => {
    assert.equal(await fetch('a2', '10.117.0.10', 7000), '10.117.0.11')
    assert.equal(await fetch('a1', '10.118.0.10', 7000), null)
    assert.equal(await fetch('b1', '10.117.0.10', 7000), null)
  })

  test('the outside reaches a guest by the forwarded port only', async () => {
    await run('ip', ['-n', 'outside', 'route', 'add', 'default', 'via', '198.51.100.1'])
    assert.equal(await fetch('outside', '198.51.100.1', 2222), '198.51.100.9')
    assert.equal(await fetch('outside', '10.117.0.10', 7000), null)
    assert.equal(await fetch('outside', '10.117.0.10', 22), null)
    assert.equal(await fetch('a2', '198.51.100.1', 2222), '10.117.0.1')
    assert.equal(await fetch('b1', '198.51.100.1', 2222), null)
  })

  test('a guest cannot send under an address outside of its subnet', async () => {
    await run('ip', ['-n', 'a1', 'addr', 'add', '203.0.113.5/32', 'dev', 'eth0'])
    await run('ip', ['-n', 'outside', 'route', 'replace', '203.0.113.5/32', 'via', '198.51.100.1'])
    await run('ip', ['route', 'add', '203.0.113.5/32', 'dev', 'nacelle7'])
    assert.equal(await fetch('a1', '198.51.100.9', 7000, '203.0.113.5'), null)
    await run('ip', ['route', 'del', '203.0.113.5/32'])
  })

  test('a guest with an external address is reached by it and sends from it, and the host stays as it is', async () => {
    close.push(await serve('a2', 7000))
    const own = await network.addresses()
    await network.applyFirewall(mapped)
    await mappingHolds()
    assert.equal(await fetch('a1', '198.51.100.9', 7000), '198.51.100.1')
    assert.equal(await fetch('a1', external, 7000), '10.117.0.1')
    assert.equal(await fetch('b1', external, 7000), null)
    assert.deepEqual(await network.addresses(), own)
    assert.ok(!(await network.bridges()).includes('nacelle-ext'))
  })

  test('after a flush of the firewall, and without the interface, the mapping and the forward come back', async () => {
    await run('nft', ['flush', 'ruleset'])
    assert.equal(await network.firewallIntact(mapped), false)
    await network.applyFirewall(mapped)
    await mappingHolds()
    assert.equal(await fetch('outside', '198.51.100.1', 2222), '198.51.100.9')
    await run('ip', ['link', 'del', 'nacelle-ext'])
    assert.equal(await network.firewallIntact(mapped), false)
    await network.applyFirewall(mapped)
    await mappingHolds()
    // What a restart of the appliance does: it knows nothing of the table and makes it anew.
    const restarted = createHostNetwork({ uri, bootDirectory })
    assert.equal(await restarted.firewallIntact(mapped), false)
    await restarted.applyFirewall(mapped)
    await mappingHolds()
    assert.equal(await fetch('outside', '198.51.100.1', 2222), '198.51.100.9')
  })

  test('an external address that is given back is nobody', async () => {
    await network.applyFirewall(rules)
    assert.equal(await network.firewallIntact(rules), true)
    assert.equal(await fetch('outside', external, 7000), null)
    assert.doesNotMatch((await run('ip', ['-4', '-br', 'addr'])).stdout, /198\.51\.100\.77/)
    assert.equal(await fetch('a2', '198.51.100.9', 7000), '198.51.100.1')
  })

  test('a running guest keeps its place on a network that is started anew', async () => {
    const domain = `<domain type='qemu'><name>tap</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
      <os><type arch='x86_64'>hvm</type></os><devices><interface type='network'>
      <mac address='52:54:00:00:00:77'/><source network='nacelle-a'/></interface></devices></domain>`
    await run('virsh', ['-q', '-c', uri, 'create', '/dev/fd/3', '--paused'], { inputs: [domain] })
    const ports = async () => (await run('ip', ['-br', 'link', 'show', 'master', 'nacelle7'])).stdout
    assert.match(await ports(), /vnet/)
    await network.ensureNetwork({ ...lan('nacelle-a', 'nacelle7', '10.117.0'), dns: ['9.9.9.9'] })
    assert.match(await ports(), /vnet/)
    await virsh('net-destroy', 'nacelle-a')
    await network.ensureNetwork({ ...lan('nacelle-a', 'nacelle7', '10.117.0'), dns: ['9.9.9.9'] })
    assert.match(await ports(), /vnet/)
    await virsh('destroy', 'tap')
  })
})

test('an appliance that is killed while it changes pools leaves nothing that the next pass does not mend', async () => {
  const script = fileURLToPath(new URL('./network-appliance.ts', import.meta.url))
  const directory = await mkdtemp('/tmp/pools-')
  const path = `${directory}/nacelle.db`
  for (const lifeMs of [20, 150, 500]) {
    const child = spawnLong(process.execPath, [script, 'work', path])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await delay(lifeMs)
    process.kill(child.pid, 'SIGKILL')
    await child.exited
    await mendAndCompare(path)
  }
  await rm(directory, { recursive: true })
})

/** Also empties the record, so that the next round begins anew. */
async function mendAndCompare(path: string): Promise<void> {
  const { op, zone, network, pools, settle, close } = openPools(path)
  await settle()
  const there = async () => (await network.networks()).map(({ name, active }) => `${name} ${active}`).sort()
  assert.deepEqual(
    await there(),
    desiredNetworks(zone.db, 'host1')
      .map(({ name }) => `${name} true`)
      .sort(),
  )
  assert.equal(await network.firewallIntact(desiredFirewall(zone.db, 'host1')), true)
  for (const { name } of pools.list(op)) await pools.remove(op, name)
  assert.deepEqual(await there(), [])
  close()
}
