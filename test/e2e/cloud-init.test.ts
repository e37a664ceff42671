// What a guest is told at its first boot, read from the seed that it is given. That a guest obeys it is tried with Debian
// in test/full/cloud-init.test.ts, whose boot alone takes longer than all of this.
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Appliance, startBoth } from './harness.ts'
import * as life from './life.ts'

const key =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE somebody@somewhere'

/** The file of a guest's seed; null where it has none of that name. */
async function seedFile(appliance: Appliance, name: string): Promise<string | null> {
  const pool = join(appliance.dataDir, 'pools/local')
  const [seed, ...others] = (await readdir(pool)).filter((file) => file.startsWith('seed-'))
  assert.deepEqual(others, [])
  const words = ['-J', '-i', join(pool, seed ?? ''), '-x', `/${name}`]
  return (await appliance.lab.exec('isoinfo', words)).stdout || null
}

const seedJson = async (appliance: Appliance, name: string) =>
  JSON.parse(((await seedFile(appliance, name)) ?? '').replace('#cloud-config\n', ''))

test('the seed says who may log in, where disks go, and the address where DHCP does not', async (t) => {
  t.diagnostic('the boot of a guest that obeys is tried by ./build.sh test --full: it takes minutes')
  const { appliance, stop } = await startBoth()
  t.after(stop)
  const image = await life.uploadTiny(appliance)
  const body = (name: string) =>
    life.createBody(name, {
      from_image: image,
      modules: ['cloud-init'],
      cloud_init: {
        admin_name: 'keeper',
        admin_secret: 'Seed-secret-1',
        data_path: '/srv/data',
        ssh_keys: [key],
      },
    })

  await t.test('with DHCP', async () => {
    const id = await life.createGuest(appliance, body('seed1'))
    const meta = await seedJson(appliance, 'meta-data')
    assert.deepEqual(meta, { 'instance-id': id, 'local-hostname': 'seed1' })
    const text = (await seedFile(appliance, 'user-data')) ?? ''
    assert.match(text, /^#cloud-config\n/)
    assert.doesNotMatch(text, /Seed-secret-1/)
    const told = await seedJson(appliance, 'user-data')
    assert.equal(told.hostname, 'seed1')
    assert.equal(told.users[0].name, 'keeper')
    assert.deepEqual(told.users[0].ssh_authorized_keys, [key])
    // The hash is of this password: openssl makes the same from its salt.
    const [, , salt = ''] = told.users[0].passwd.split('$')
    const again = await appliance.lab.exec('openssl', ['passwd', '-6', '-salt', salt, 'Seed-secret-1'])
    assert.equal(again.stdout.trim(), told.users[0].passwd)
    const device = `/dev/disk/by-id/virtio-${id.slice(0, 8)}-1`
    assert.deepEqual(
      [told.fs_setup[0].device, told.mounts[0].slice(0, 3)],
      [device, [device, '/srv/data', 'ext4']],
    )
    assert.equal(await seedFile(appliance, 'network-config').catch(() => null), null)
    await life.deleteGuest(appliance, id)
    await life.purgeQuarantine(appliance)
  })

  await t.test('with an address pool whose provider is cloud-init', async () => {
    const [pool] = await appliance.api<{ name: string; gateway: string }[]>('GET', '/address_pools/')
    await appliance.api('PUT', `/address_pools/${pool?.name}`, { provider: 'cloudinit', dns: ['9.9.9.9'] })
    const id = await life.createGuest(appliance, body('seed2'))
    const guest = await appliance.api<life.GuestReply>('GET', `/guests/${id}`)
    const { ethernets } = await seedJson(appliance, 'network-config')
    const { address, ...rest } = { address: ethernets.primary.addresses[0] as string, ...ethernets.primary }
    assert.equal(address, guest.internal.allocated_address)
    assert.deepEqual(rest, {
      match: { macaddress: guest.ethernet_address },
      addresses: [address],
      gateway4: pool?.gateway,
      nameservers: { addresses: ['9.9.9.9'] },
    })

    const hosts = await appliance.lab.virsh('net-dumpxml', `nacelle-${pool?.name}`)
    assert.doesNotMatch(hosts, /<host |tftp/)
    const start = { from_network: true, source: 'http://10.0.0.1/boot.ipxe' }
    const refused = await appliance.call('POST', `/instances/${id}`, start)
    assert.ok(refused.status >= 400 && refused.status < 500, `${refused.status} ${refused.text}`)
    assert.match(refused.text, /"field":"source"/)
  })
})
