// A real distribution obeys the seed that it is given. It takes minutes to boot without KVM, so this is not in the quick
// suite; what the seed says is checked there, by test/e2e/cloud-init.test.ts.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Appliance, startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import { GuestAgent } from '../lab/agent.ts'
import { buildDebianGuest } from '../lab/debian-guest.ts'
import { waitFor } from '../lab/http.ts'
import { SerialConsole } from '../lab/serial.ts'

const mebibyte = 1 << 20
const bootMs = 600_000

async function uploadDebian(appliance: Appliance): Promise<string> {
  const { id } = await appliance.api<{ id: string }>('POST', '/disk_images/', {
    name: 'debian',
    owner: 'admin',
    group: 'manager',
  })
  await appliance.upload(`/disk_image_files/${id}`, 'image', await buildDebianGuest())
  return id
}

test('Debian obeys its seed: user, password, key, name, disks, address', {
  timeout: 2_400_000,
}, async (t) => {
  const { appliance, lab, stop } = await startBoth()
  t.after(stop)
  const keyFile = join(lab.tempDir, 'id')
  await lab.exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'e2e', '-f', keyFile])
  const key = (await lab.exec('cat', [`${keyFile}.pub`])).stdout.trim()
  const begun = performance.now()
  const id = await life.createGuest(appliance, {
    ...life.createBody('debian.one'),
    cores: 2,
    memory: 512 * mebibyte,
    disks: [3072 * mebibyte, 256 * mebibyte],
    from_image: await uploadDebian(appliance),
    auto_start: true,
    modules: ['cloud-init'],
    cloud_init: {
      admin_name: 'keeper',
      admin_secret: 'Seed-secret-1',
      data_path: '/srv/data',
      ssh_keys: [key],
    },
  })
  const agent = new GuestAgent(lab, id)
  await agent.waitUntilReady(bootMs)
  const seconds = () => Math.round((performance.now() - begun) / 1000)
  t.diagnostic(`agent after ${seconds()} s`)
  await waitFor('end of cloud-init', () => agent.sh('cat /run/cloud-init/result.json'), {
    timeoutMs: bootMs,
    everyMs: 1000,
  })
  t.diagnostic(`cloud-init done after ${seconds()} s`)

  await t.test('no part of cloud-init failed', async () => {
    const { v1 } = JSON.parse(await agent.sh('cat /run/cloud-init/result.json'))
    assert.deepEqual(v1.errors, [])
    assert.match(v1.datasource, /NoCloud/)
  })
  await t.test('its name and its address are those of the record', async () => {
    assert.equal((await agent.sh('hostname')).trim(), 'debian-one')
    const { internal } = await life.instance(appliance, id)
    assert.equal(internal.network_address, internal.allocated_address?.split('/')[0])
    assert.match(
      await agent.sh('ip -4 -o address show scope global'),
      new RegExp(`${internal.network_address}/`),
    )
  })
  await t.test('root has grown to the size that was asked for, and the data disk is mounted', async () => {
    const rootKiB = Number((await agent.sh('df --output=size / | tail -1')).trim())
    assert.ok(rootKiB > 2.5 * 1024 * 1024, `the root file system has ${rootKiB} KiB`)
    assert.equal((await agent.sh('findmnt -no FSTYPE /srv/data')).trim(), 'ext4')
    const dataKiB = Number((await agent.sh('df --output=size /srv/data | tail -1')).trim())
    assert.ok(dataKiB > 200 * 1024, `the data disk has ${dataKiB} KiB`)
  })
  await t.test('the password works on the serial console, and the key by SSH', async () => {
    const serial = new SerialConsole(await life.channel(appliance, id, 'serial'))
    assert.equal(await serial.login('keeper', 'wrong-password', 60_000), false)
    assert.equal(await serial.login('keeper', 'Seed-secret-1', 60_000), true)
    assert.equal(await serial.run('sudo -n id -u', 30_000), '0')
    serial.close()
    const address = (await life.instance(appliance, id)).internal.network_address ?? ''
    const words = ['-i', keyFile, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']
    const out = await lab.exec('ssh', [...words, '-o', 'BatchMode=yes', `keeper@${address}`, 'id -un'], {
      timeoutMs: 120_000,
    })
    assert.equal(out.stdout.trim(), 'keeper')
  })
})
