import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { copyIntoLab, startGuest, virshXml } from '../lab/guest.ts'
import { type Lab, startLab } from '../lab/libvirt.ts'
import { loadedPath, netbootFiles, serveInside, type WebFixture } from '../lab/netboot.ts'
import { SerialConsole } from '../lab/serial.ts'
import { consoleStream } from '../lab/streams.ts'
import { buildTinyGuest } from '../lab/tiny-guest.ts'

// iPXE expands the setting in the file name, so that one network definition serves a script to each guest.
const fileName = '${' + 'netX/mac:hexhyp}.ipxe'
const network = (root: string) => `<network><name>lab</name><forward mode='open'/><bridge name='labbr0'/>
  <ip address='192.168.77.1' netmask='255.255.255.0'><tftp root='${root}'/>
  <dhcp><range start='192.168.77.10' end='192.168.77.99'/><bootp file='${fileName}'/></dhcp></ip></network>`

describe('network boot by the iPXE of QEMU on a network of mode open', () => {
  let lab: Lab
  let web: WebFixture
  let tftpRoot: string
  before(async () => {
    lab = await startLab()
    tftpRoot = join(lab.dir, 'varlib/netboot')
    await mkdir(tftpRoot)
    await chmod(tftpRoot, 0o755) // dnsmasq reads as nobody
    await virshXml(lab, 'net-create', network(tftpRoot))
    web = await serveInside(lab, '192.168.77.1', netbootFiles)
  })
  after(() => lab.stop())

  async function bootWithScript(firmware: 'bios' | 'uefi', mac: string): Promise<void> {
    const disk = await copyIntoLab(lab, await buildTinyGuest({ serial: 'login' }), `${firmware}.qcow2`)
    const script = `#!ipxe\nchain ${web.url}/boot.ipxe\n`
    await writeFile(join(tftpRoot, `${mac.replaceAll(':', '-')}.ipxe`), script)
    await startGuest(lab, {
      name: firmware,
      firmware,
      mac,
      network: 'lab',
      netboot: true,
      disks: [{ path: disk, bus: 'virtio' }],
    })
    await web.waitForRequest(loadedPath(mac), 90_000)
  }

  it('runs the script of its own MAC in BIOS, and goes on to the disk when the script ends', async () => {
    await bootWithScript('bios', '52:54:00:00:00:01')
    const serial = new SerialConsole(consoleStream(lab, 'bios'))
    await serial.expect(/TINY READY/, 60_000)
    await lab.virsh('destroy', 'bios')
  })

  it('runs it in UEFI', async () => {
    await bootWithScript('uefi', '52:54:00:00:00:02')
  })
})
