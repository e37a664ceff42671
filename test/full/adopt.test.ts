// A domain that somebody made with virsh becomes a guest while it runs, and lives and ends as one.
import assert from 'node:assert/strict'
import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import { GuestAgent } from '../lab/agent.ts'
import { virshXml } from '../lab/guest.ts'
import { buildTinyGuest } from '../lab/tiny-guest.ts'

const id = '7f3d9a52-1b1c-4f6e-9a51-0c6d2f1e8b77'
const mac = '52:54:00:1a:2b:3c'

interface Unmanaged {
  id: string
  adoptable: boolean
  refusals: string[]
  disks: { storage: string; volume: string; size: number }[]
}

const definition = (disk: string, network: string) => `<domain type='qemu'>
  <name>legacy</name><uuid>${id}</uuid>
  <memory unit='MiB'>192</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/>
      <target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='${mac}'/><source network='${network}'/><model type='virtio'/></interface>
    <serial type='pty'/><sound model='ich9'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>`

test('a domain made with virsh is adopted as it runs, and leaves nothing', {
  timeout: 600_000,
}, async (t) => {
  const { lab, appliance, stop } = await startBoth({})
  t.after(stop)
  const pool = join(appliance.dataDir, 'pools/local')
  const disk = join(pool, 'legacy.qcow2')
  await copyFile(await buildTinyGuest({ serial: 'login' }), disk)
  const network = (await lab.virsh('net-list', '--name')).split('\n')[0] ?? ''
  await virshXml(lab, 'define', definition(disk, network.trim()))
  await lab.virsh('autostart', 'legacy')
  await lab.virsh('start', 'legacy')
  const agent = new GuestAgent(lab, id)
  await agent.waitUntilReady(life.bootMs)
  await agent.sh('echo kept >/data/note; sync')
  const qemu = await lab.virsh('domid', id)

  await t.test('it is listed with where its disk lies', async () => {
    const [found, ...more] = await appliance.api<Unmanaged[]>('GET', '/unmanaged_guests/')
    assert.deepEqual(more, [])
    assert.deepEqual(found?.refusals, [])
    assert.deepEqual(
      [found?.id, found?.disks[0]?.volume, found?.disks[0]?.storage],
      [id, 'legacy.qcow2', 'local'],
    )
  })
  await t.test('adopted, it runs on', async () => {
    await appliance.api('POST', `/unmanaged_guests/${id}/adopt`, { owner: 'admin', group: 'manager' })
    assert.equal(await lab.virsh('domid', id), qemu)
    const { state, name, ethernet_address } = await life.instance(appliance, id)
    assert.deepEqual([state, name, ethernet_address], ['running', 'manager.legacy', mac])
    assert.deepEqual(await appliance.api('GET', '/unmanaged_guests/'), [])
    assert.match(await lab.virsh('dominfo', id), /Autostart:\s+disable/)
    assert.equal((await agent.sh('cat /data/note')).trim(), 'kept')
  })
  await t.test('what is changed as it runs leaves it its name', async () => {
    await appliance.api('PUT', `/guests/${id}/memory`, { memory: 208 << 20 })
    assert.equal(await lab.virsh('domname', id), 'legacy')
  })
  await t.test('a snapshot is taken of it as it runs', async () => {
    await appliance.api('POST', `/instances/${id}/snapshots/`, { name: 'first', consistency: 'filesystem' })
    assert.deepEqual(await life.snapshotNames(appliance, id), ['first'])
  })
  await t.test('stopped and started it is as guests are', async () => {
    await appliance.api('DELETE', `/instances/${id}`, { force: true })
    await appliance.api('POST', `/instances/${id}`, {})
    await life.booted(appliance, id)
    assert.equal(await lab.virsh('domname', id), 'manager.legacy')
    assert.equal((await lab.virsh('dumpxml', id)).includes('<sound'), false)
    assert.equal((await agent.sh('cat /data/note')).trim(), 'kept')
  })
  await t.test('deleted and purged, it leaves nothing', async () => {
    await appliance.api('DELETE', `/guests/${id}`, { force: true })
    assert.equal(await lab.virsh('list', '--all', '--name'), '')
    const volumes = await appliance.api<{ name: string; status: string }[]>(
      'GET',
      '/storage_pools/local/volumes/',
    )
    assert.ok(volumes.every(({ status }) => status === 'quarantined'))
    for (let left = volumes; left.length > 0; ) {
      const before = left.length
      for (const { name } of left) await appliance.call('POST', `/storage_pools/local/volumes/${name}/purge`)
      left = await appliance.api('GET', '/storage_pools/local/volumes/')
      assert.ok(left.length < before, 'each round purges something')
    }
    const files = await readdir(pool, { recursive: true, withFileTypes: true })
    assert.deepEqual(
      files.filter((one) => one.isFile()).map(({ name }) => name),
      [],
    )
  })
})
