// What looking at the figures of 50 paused guests costs: processor time of the appliance's own, virsh, libvirtd and all
// QEMUs together, less what they spend when nobody looks.
// Usage: node bench/sampler.ts [guests] [seconds]      Aim: ≤ 5 % of a core.
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Lab, startLab } from '../test/lab/libvirt.ts'
import { sayFigure } from './figures.ts'

const guests = Number(process.argv[2] ?? 50)
const seconds = Number(process.argv[3] ?? 60)

/** What the appliance gives a guest as far as it counts here: a disk, a removable drive, an interface, a balloon. */
const domainXml = (name: string, disk: string) => `<domain type='qemu'>
  <name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
  <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/>
      <target dev='vda' bus='virtio'/></disk>
    <controller type='scsi' model='virtio-scsi'/>
    <disk type='file' device='cdrom'><target dev='sda' bus='scsi'/><readonly/></disk>
    <interface type='network'><source network='bench'/><model type='virtio'/></interface>
    <memballoon model='virtio'><stats period='10'/></memballoon>
  </devices></domain>`

async function startPaused(lab: Lab): Promise<void> {
  const network = join(lab.tempDir, 'network.xml')
  await writeFile(network, "<network><name>bench</name><bridge name='virbr9'/></network>")
  await lab.virsh('net-create', network)
  const base = join(lab.tempDir, 'base.qcow2')
  await lab.exec('qemu-img', ['create', '-q', '-f', 'qcow2', base, '16M'])
  for (let index = 0; index < guests; index++) {
    const name = `paused-${index}`
    const disk = join(lab.tempDir, `${name}.qcow2`)
    const xml = join(lab.tempDir, `${name}.xml`)
    await copyFile(base, disk)
    await writeFile(xml, domainXml(name, disk))
    await lab.virsh(`define ${xml}; start ${name} --paused`)
  }
}

interface Measured {
  guests: number
  intervalMs: number
  durationMs: number
  looks: number
  failures: number
  costPercent: number
  believedPercent: number
  idlePercent: number
}

const lab = await startLab()
try {
  await startPaused(lab)
  const client = join(import.meta.dirname, 'sampler-client.ts')
  const limits = { timeoutMs: (2 * seconds + 180) * 1000 }
  const { stdout } = await lab.exec(process.execPath, [client, String(seconds)], limits)
  const { costPercent, ...rest } = JSON.parse(stdout) as Measured
  console.log(
    `${rest.guests} guests, ${rest.looks} looks in ${seconds} s, each ${rest.durationMs.toFixed(0)} ms by the clock, ` +
      `every ${(rest.intervalMs / 1000).toFixed(1)} s; ${rest.failures} failures`,
  )
  console.log(
    `the sampler believes ${rest.believedPercent.toFixed(1)} % of a core; the paused guests alone spend ` +
      `${rest.idlePercent.toFixed(1)} %`,
  )
  sayFigure({
    name: 'looking at 50 paused guests',
    value: costPercent,
    unit: '% of a core',
    aim: { most: 5 },
  })
} finally {
  await lab.stop()
}
