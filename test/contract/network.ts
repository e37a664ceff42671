import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { HostNetwork, NatNetwork } from '../../src/core/network.ts'

/** A host network to try, and what a guest would see of it. */
export interface NetworkUnderTest {
  network: HostNetwork
  /** The address that a DHCP client of this MAC gets on the network's bridge; null when nobody answers it. */
  requestLease(network: NatNetwork, mac: string): Promise<string | null>
  /** What an iPXE of this MAC would be told to load on the network's bridge; null when there is nothing for it. */
  requestBoot(network: NatNetwork, mac: string): Promise<string | null>
  /** Somebody stops or deletes the network behind our back. */
  poke(name: string, fate: 'stop' | 'delete'): Promise<void>
  /** The host's own firewall is loaded anew. */
  flushFirewall(): Promise<void>
  close(): Promise<void>
}

const net: NatNetwork = {
  name: 'nacelle-contract',
  bridge: 'nacelle7',
  gateway: '10.117.0.1',
  netmask: '255.255.255.0',
  dns: [],
  dhcp: true,
  hosts: [],
}
const mac = (n: number) => `52:54:00:aa:00:0${n}`
const host = (n: number, hostname = `guest${n}`) => ({ mac: mac(n), address: `10.117.0.1${n}`, hostname })
const rules = {
  masquerade: [{ subnet: '10.117.0.0/24', bridge: 'nacelle7' }],
  forwards: [{ protocol: 'tcp' as const, hostPort: 2222, address: '10.117.0.11', port: 22 }],
  mappings: [{ external: '198.51.100.77', address: '10.117.0.12' }],
}

/** What every HostNetwork must do. */
export function runNetworkContract(name: string, options: { create(): Promise<NetworkUnderTest> }): void {
  describe(`host network: ${name}`, () => {
    let subject: NetworkUnderTest
    let network: HostNetwork
    before(async () => {
      subject = await options.create()
      network = subject.network
    })
    after(() => subject?.close())
    afterEach(async () => {
      await network.removeNetwork(net.name)
      await network.removeFirewall()
      for (const offered of await network.bootOffers()) await network.withdrawBoot(offered)
    })

    const found = async () => (await network.networks()).find((each) => each.name === net.name)
    const hosts = async () => (await found())?.hosts.map(({ mac, address }) => [mac, address]).sort()

    test('a network is made, found again and removed, each as often as one likes', async () => {
      assert.equal(await found(), undefined)
      for (let n = 0; n < 2; n++) await network.ensureNetwork({ ...net, hosts: [host(1)] })
      assert.equal((await found())?.active, true)
      assert.deepEqual(await hosts(), [[mac(1), '10.117.0.11']])
      assert.ok((await network.bridges()).includes('nacelle7'))
      assert.ok((await network.routedSubnets()).some((subnet) => subnet.startsWith('10.117.0.')))
      for (let n = 0; n < 2; n++) await network.removeNetwork(net.name)
      assert.equal(await found(), undefined)
      assert.ok(!(await network.bridges()).includes('nacelle7'))
    })

    test('entries are added and removed repeatably, and replace those of the same MAC or address', async () => {
      await network.ensureNetwork(net)
      for (let n = 0; n < 2; n++) await network.addHost(net.name, host(1))
      await network.addHost(net.name, host(2))
      assert.equal((await hosts())?.length, 2)
      await network.addHost(net.name, { ...host(1), address: '10.117.0.13' })
      await network.addHost(net.name, { ...host(4), address: '10.117.0.12' })
      assert.deepEqual(await hosts(), [
        [mac(1), '10.117.0.13'],
        [mac(4), '10.117.0.12'],
      ])
      for (let n = 0; n < 2; n++) await network.removeHost(net.name, mac(1))
      await network.removeHost(net.name, mac(4).toUpperCase())
      assert.deepEqual(await hosts(), [])
      await network.removeHost('nacelle-none', mac(1))
      await assert.rejects(network.addHost('nacelle-none', host(1)), { code: 'not_found' })
    })

    test('guests that share a name all get their entries', async () => {
      await network.ensureNetwork(net)
      for (const n of [1, 2, 3]) await network.addHost(net.name, host(n, 'web'))
      assert.equal((await hosts())?.length, 3)
    })

    test('entries that are added at once all arrive', async () => {
      await network.ensureNetwork(net)
      await Promise.all([1, 2, 3, 4, 5].map((n) => network.addHost(net.name, host(n))))
      assert.equal((await hosts())?.length, 5)
      await Promise.all([1, 2, 3, 4, 5].map((n) => network.removeHost(net.name, mac(n))))
      assert.equal((await hosts())?.length, 0)
    })

    test('a known MAC gets its address, an unknown one gets none', async () => {
      await network.ensureNetwork({ ...net, hosts: [host(1)] })
      assert.equal(await subject.requestLease(net, mac(1)), '10.117.0.11')
      assert.equal(await subject.requestLease(net, mac(9)), null)
      const leases = await network.leases(net.name)
      assert.deepEqual(
        leases.map((lease) => [lease.mac, lease.address, lease.hostname]),
        [[mac(1), '10.117.0.11', 'guest1']],
      )
      assert.ok(Math.abs((leases[0]?.expiresAt ?? 0) - Date.now() - 3_600_000) < 60_000)
    })

    test('without any entry nobody is served, and the first entry is served at once', async () => {
      await network.ensureNetwork(net)
      assert.equal(await subject.requestLease(net, mac(1)), null)
      await network.addHost(net.name, host(1))
      assert.equal(await subject.requestLease(net, mac(1)), '10.117.0.11')
    })

    test('an address goes to its next owner at once, though the last one never gave it back', async () => {
      await network.ensureNetwork({ ...net, hosts: [host(1)] })
      assert.equal(await subject.requestLease(net, mac(1)), '10.117.0.11')
      await network.removeHost(net.name, mac(1))
      assert.deepEqual(await network.leases(net.name), [])
      assert.equal(await subject.requestLease(net, mac(1)), null)
      await network.addHost(net.name, { ...host(2), address: '10.117.0.11' })
      assert.equal(await subject.requestLease(net, mac(2)), '10.117.0.11')
      await network.addHost(net.name, { ...host(3), address: '10.117.0.11' })
      assert.equal(await subject.requestLease(net, mac(3)), '10.117.0.11')
    })

    test('a guest loads what it is offered, and only that one does', async () => {
      await network.ensureNetwork({ ...net, hosts: [host(1), host(2)] })
      assert.equal(await subject.requestBoot(net, mac(1)), null)
      for (const uri of ['http://10.117.0.1/old', 'http://10.117.0.1:8080/boot.ipxe?a=1&b=2'])
        await network.offerBoot(mac(1), uri)
      assert.match((await subject.requestBoot(net, mac(1))) ?? '', /http:\S+boot\.ipxe\?a=1&b=2$/m)
      assert.equal(await subject.requestBoot(net, mac(2)), null)
      await network.offerBoot(mac(2).toUpperCase(), 'tftp://10.117.0.1/x')
      assert.deepEqual((await network.bootOffers()).sort(), [mac(1), mac(2)])
      for (let n = 0; n < 2; n++) await network.withdrawBoot(mac(1))
      assert.equal(await subject.requestBoot(net, mac(1)), null)
      await network.withdrawBoot(mac(2).toUpperCase())
      assert.deepEqual(await network.bootOffers(), [])
    })

    test('an offer is one URI that iPXE can load', async () => {
      for (const wrong of ['http://a/b c', 'file:///etc/passwd', 'http://a/\n||reboot', 'https://a/b', ''])
        await assert.rejects(network.offerBoot(mac(1), wrong), { code: 'invalid' }, wrong)
      assert.deepEqual(await network.bootOffers(), [])
    })

    test('a network that was stopped or deleted comes back with what it is given', async () => {
      await network.ensureNetwork({ ...net, hosts: [host(1)] })
      await subject.poke(net.name, 'stop')
      assert.equal((await found())?.active, false)
      await network.ensureNetwork(net)
      assert.equal((await found())?.active, true)
      assert.equal(await subject.requestLease(net, mac(1)), '10.117.0.11')
      await subject.poke(net.name, 'delete')
      await network.ensureNetwork({ ...net, hosts: [host(2)] })
      assert.deepEqual(await hosts(), [[mac(2), '10.117.0.12']])
    })

    test('other name servers keep the entries; cloud-init networks serve no addresses', async () => {
      await network.ensureNetwork({ ...net, hosts: [host(1)] })
      await network.ensureNetwork({ ...net, dns: ['9.9.9.9', '8.8.8.8'], hosts: [] })
      assert.equal(await subject.requestLease(net, mac(1)), '10.117.0.11')
      await network.ensureNetwork({ ...net, dhcp: false })
      assert.deepEqual(await hosts(), [])
      assert.equal(await subject.requestLease(net, mac(1)), null)
    })

    test('a bridge that another network has is refused and nothing is left', async () => {
      await network.ensureNetwork(net)
      const second = { ...net, name: 'nacelle-second', gateway: '10.118.0.1' }
      await assert.rejects(network.ensureNetwork(second), { code: 'conflict' })
      assert.equal(
        (await network.networks()).find((each) => each.name === second.name),
        undefined,
      )
    })

    test('the firewall is intact until it changes, is flushed or is asked for other rules', async () => {
      assert.equal(await network.firewallIntact(rules), false)
      await network.applyFirewall(rules)
      assert.equal(await network.firewallIntact(rules), true)
      assert.equal(await network.firewallIntact({ ...rules, forwards: [] }), false)
      assert.equal(await network.firewallIntact({ ...rules, mappings: [] }), false)
      await network.applyFirewall({ masquerade: [], forwards: [], mappings: [] })
      assert.equal(await network.firewallIntact({ masquerade: [], forwards: [], mappings: [] }), true)
      await network.applyFirewall(rules)
      await subject.flushFirewall()
      assert.equal(await network.firewallIntact(rules), false)
      await network.applyFirewall(rules)
      assert.equal(await network.firewallIntact(rules), true)
      for (let n = 0; n < 2; n++) await network.removeFirewall()
      assert.equal(await network.firewallIntact(rules), false)
    })

    test('a dry run has words for every change', () => {
      const changes = [
        { kind: 'ensure', network: net },
        { kind: 'remove', name: net.name },
        { kind: 'add-host', network: net.name, host: host(1) },
        { kind: 'remove-host', network: net.name, mac: mac(1) },
      ] as const
      for (const change of changes)
        assert.ok(network.describeNetwork(change).every((words) => words.length > 1))
      assert.ok(network.describeFirewall(rules).length > 0)
    })
  })
}
