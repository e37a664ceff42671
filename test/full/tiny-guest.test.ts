import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { GuestAgent } from '../lab/agent.ts'
import { copyIntoLab, startGuest, virshXml, vncSocket } from '../lab/guest.ts'
import { type Lab, startLab } from '../lab/libvirt.ts'
import { countChangedPixels, countColours, RfbClient } from '../lab/rfb.ts'
import { SerialConsole } from '../lab/serial.ts'
import { consoleStream, unixSocketStream } from '../lab/streams.ts'
import { buildTinyGuest, makeIso } from '../lab/tiny-guest.ts'

const network = `<network><name>lab</name><forward mode='open'/><bridge name='labbr0'/>
  <ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.10' end='192.168.77.99'/></dhcp></ip>
</network>`

async function waitForState(lab: Lab, name: string, state: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await lab.virsh('domstate', name)) === state) return
    await delay(100)
  }
  assert.equal(await lab.virsh('domstate', name), state)
}

describe('the tiny guest', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
    await virshXml(lab, 'net-create', network)
  })
  after(() => lab.stop())

  it('boots in BIOS with agent, network, media, screen, keyboard, login, reboot and power button', async (t) => {
    const disk = await copyIntoLab(lab, await buildTinyGuest({ serial: 'login' }), 'bios.qcow2')
    const media = await makeIso(join(lab.dir, 'varlib/images/media.iso'), {
      'notes/a long name.txt': 'on the disc',
    })
    await startGuest(lab, {
      name: 'bios',
      network: 'lab',
      vncPassword: 'secret12',
      disks: [
        { path: disk, bus: 'virtio' },
        { path: media, bus: 'scsi', device: 'cdrom' },
      ],
    })
    const serial = new SerialConsole(consoleStream(lab, 'bios'))
    const agent = new GuestAgent(lab, 'bios')
    const begun = performance.now()
    await serial.expect(/TINY READY/, 60_000)
    t.diagnostic(`BIOS: serial ready after ${Math.round(performance.now() - begun)} ms`)
    await agent.waitUntilReady(30_000)
    t.diagnostic(`BIOS: agent after ${Math.round(performance.now() - begun)} ms`)

    assert.equal(await agent.sh('mount /dev/sr0 /media && cat "/media/notes/a long name.txt"'), 'on the disc')
    await agent.sh('echo kept >/data/file && sync && fsfreeze --freeze / && fsfreeze --unfreeze /')
    assert.equal(await agent.sh('cat /data/file'), 'kept\n')

    assert.equal(await serial.login('root', 'wrong'), false)
    for (const user of ['root', 'tester']) {
      await lab.virsh('set-user-password', 'bios', user, `new-${user}-1`)
      assert.equal(await serial.login(user, `new-${user}-1`), true)
      assert.equal(await serial.run('whoami'), user)
      serial.send('exit\r')
    }
    await serial.expect(/login: /)

    const viewer = await RfbClient.connect(await unixSocketStream(await vncSocket(lab, 'bios')), 'secret12')
    const first = await viewer.pictureWhere((picture) => countColours(picture) > 1)
    viewer.type('echo typed >/data/keys\n')
    await delay(1500)
    assert.ok(
      countChangedPixels(first, await viewer.picture()) > 100,
      'the screen does not show what was typed',
    )
    assert.equal(await agent.sh('cat /data/keys'), 'typed\n')
    viewer.close()
    const refused = RfbClient.connect(await unixSocketStream(await vncSocket(lab, 'bios')), 'wrong')
    await assert.rejects(refused, /authentication failed/)

    assert.match(await lab.virsh('domifaddr', 'bios', '--source', 'lease'), /192\.168\.77\./)
    assert.match(await lab.virsh('domifaddr', 'bios', '--source', 'agent'), /192\.168\.77\./)
    await lab.virsh('reboot', 'bios', '--mode', 'agent')
    await serial.expect(/TINY READY/, 60_000)
    assert.equal(await serial.login('tester', 'new-tester-1'), true)
    assert.equal(await serial.run('cat /data/file'), 'kept')
    await lab.virsh('shutdown', 'bios', '--mode', 'acpi')
    await waitForState(lab, 'bios', 'shut off')
    serial.close()
  })
})

describe('the tiny guest under the stock qemu.conf', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ stock: true })
  })
  after(() => lab.stop())

  it('boots in UEFI from a virtio-scsi disk, obeys the agent and gives the disk back', async (t) => {
    const disk = await copyIntoLab(lab, await buildTinyGuest({ serial: 'shell' }), 'uefi.qcow2')
    await startGuest(lab, { name: 'uefi', firmware: 'uefi', disks: [{ path: disk, bus: 'scsi' }] })
    assert.notEqual((await stat(disk)).uid, 0, 'libvirt did not hand the disk to its user')
    const serial = new SerialConsole(consoleStream(lab, 'uefi'))
    const begun = performance.now()
    await serial.expect(/TINY READY/, 120_000)
    t.diagnostic(`UEFI: serial ready after ${Math.round(performance.now() - begun)} ms`)
    const agent = new GuestAgent(lab, 'uefi')
    await agent.waitUntilReady(30_000)
    t.diagnostic(`UEFI: agent after ${Math.round(performance.now() - begun)} ms`)
    serial.send('\r')
    await serial.expect(/# $/)
    assert.equal(
      await serial.run('test -d /sys/firmware/efi && echo kept >/data/file && cat /data/file'),
      'kept',
    )
    const viewer = await RfbClient.connect(await unixSocketStream(await vncSocket(lab, 'uefi')))
    await viewer.pictureWhere((picture) => countColours(picture) > 1)
    viewer.close()
    await lab.virsh('shutdown', 'uefi', '--mode', 'agent')
    await waitForState(lab, 'uefi', 'shut off')
    assert.equal((await stat(disk)).uid, 0)
    serial.close()
  })
})
