import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { GuestAgent } from '../lab/agent.ts'
import { succeed } from '../lab/cache.ts'
import { buildDebianGuest, makeSeed } from '../lab/debian-guest.ts'
import { copyIntoLab, startGuest, virshXml } from '../lab/guest.ts'
import { type Lab, startLab } from '../lab/libvirt.ts'
import { SerialConsole } from '../lab/serial.ts'
import { consoleStream } from '../lab/streams.ts'

const network = `<network><name>lab</name><forward mode='open'/><bridge name='labbr0'/>
  <ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.10' end='192.168.77.99'/></dhcp></ip>
</network>`

const userData = `hostname: seeded
users:
  - name: admin
    lock_passwd: false
    plain_text_passwd: from-the-seed
    shell: /bin/bash
ssh_pwauth: true
fs_setup:
  - { label: data, filesystem: ext4, device: /dev/vdb }
mounts:
  - [ /dev/vdb, /mnt/data, ext4, defaults, "0", "2" ]
runcmd:
  - [ sh, -c, "echo SEED-DONE >/dev/ttyS0" ]
`

describe('the Debian guest', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
    await virshXml(lab, 'net-create', network)
  })
  after(() => lab.stop())

  it('boots from its disk, obeys its seed, grows its root and mounts its data disk', async (t) => {
    const images = join(lab.dir, 'varlib/images')
    const disk = await copyIntoLab(lab, await buildDebianGuest(), 'debian.qcow2')
    await succeed('qemu-img', ['resize', '-q', disk, '3G'])
    const data = join(images, 'data.qcow2')
    await succeed('qemu-img', ['create', '-q', '-f', 'qcow2', data, '256M'])
    const seed = await makeSeed(join(images, 'seed.iso'), 'seeded', userData)
    await startGuest(lab, {
      name: 'debian',
      network: 'lab',
      memoryMiB: 512,
      vcpus: 2,
      disks: [
        { path: disk, bus: 'virtio' },
        { path: data, bus: 'virtio' },
        { path: seed, bus: 'scsi', device: 'cdrom' },
      ],
    })
    const begun = performance.now()
    const serial = new SerialConsole(consoleStream(lab, 'debian'))
    const agent = new GuestAgent(lab, 'debian')
    await agent.waitUntilReady(300_000)
    t.diagnostic(`Debian: agent after ${Math.round(performance.now() - begun)} ms`)
    await serial.expect(/SEED-DONE/, 300_000)
    t.diagnostic(`Debian: cloud-init done after ${Math.round(performance.now() - begun)} ms`)

    assert.equal(await agent.sh('hostname'), 'seeded\n')
    const rootKiB = Number((await agent.sh('df --output=size / | tail -1')).trim())
    assert.ok(rootKiB > 2.5 * 1024 * 1024, `the root file system has ${rootKiB} KiB`)
    assert.match(await agent.sh('findmnt -no SOURCE /mnt/data'), /vdb/)
    assert.match(await lab.virsh('domifaddr', 'debian', '--source', 'lease'), /192\.168\.77\./)
    assert.equal(await serial.login('admin', 'from-the-seed', 60_000), true)
    await lab.virsh('set-user-password', 'debian', 'admin', 'by-the-agent')
    serial.send('exit\r')
    assert.equal(await serial.login('admin', 'by-the-agent', 60_000), true)
  })
})
