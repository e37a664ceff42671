import { randomUUID } from 'node:crypto'
import { constants, copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lab } from './libvirt.ts'

/** A disk or CD-ROM of a guest that a lab test defines by hand. Paths must be readable inside the lab. */
export type GuestDisk = { path: string; bus: 'virtio' | 'scsi'; device?: 'disk' | 'cdrom' }

export type GuestOptions = {
  name: string
  disks: GuestDisk[]
  firmware?: 'bios' | 'uefi'
  memoryMiB?: number
  vcpus?: number
  /** A libvirt network; none by default. */
  network?: string
  /** Chosen by libvirt unless given. */
  mac?: string
  /** Password of the VNC server; without it the server asks for none. */
  vncPassword?: string
  /** Boot from the network before the disks. */
  netboot?: boolean
}

/** Copies a cached image into the lab, where guests may write to it. Answers the path of the copy. */
export async function copyIntoLab(lab: Lab, image: string, name: string): Promise<string> {
  const path = join(lab.dir, 'varlib/images', name)
  await copyFile(image, path, constants.COPYFILE_FICLONE)
  return path
}

/** Runs a virsh command that takes an XML file (`define`, `net-create` …). */
export async function virshXml(lab: Lab, command: string, xml: string): Promise<void> {
  const path = join(lab.tempDir, `${randomUUID()}.xml`) // virsh cannot open a socket, which Node's stdin pipe is
  await writeFile(path, xml)
  await lab.virsh(command, path).finally(() => rm(path))
}

/** Defines and starts a guest under TCG, with serial console, agent channel, screen on a unix socket and RNG. */
export async function startGuest(lab: Lab, options: GuestOptions): Promise<void> {
  await virshXml(lab, 'define', domainXml(options))
  await lab.virsh('start', options.name)
}

/** The path of a running guest's VNC socket; it changes with each start. */
export async function vncSocket(lab: Lab, name: string): Promise<string> {
  const xml = await lab.virsh('dumpxml', name)
  const path = /<graphics type='vnc' socket='([^']+)'/.exec(xml)?.[1]
  if (!path) throw new Error(`${name} has no VNC socket`)
  // The lab binds DIR/varlib over /var/lib/libvirt, so outside the same socket has another path.
  return path.replace('/var/lib/libvirt', join(lab.dir, 'varlib')).replace(/^\/run/, join(lab.dir, 'run'))
}

function diskXml(disk: GuestDisk, index: number): string {
  const letter = String.fromCharCode(97 + index)
  const cdrom = disk.device === 'cdrom'
  return `<disk type='file' device='${disk.device ?? 'disk'}'>
    <driver name='qemu' type='${cdrom ? 'raw' : 'qcow2'}'/><source file='${disk.path}'/>
    <target dev='${disk.bus === 'virtio' ? 'vd' : 'sd'}${letter}' bus='${disk.bus}'/>${cdrom ? '<readonly/>' : ''}
    ${index === 0 ? "<boot order='2'/>" : ''}</disk>`
}

function domainXml(options: GuestOptions): string {
  const uefi = options.firmware === 'uefi'
  const loader = uefi ? "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>" : ''
  const nvram = uefi ? "<nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'/>" : ''
  const boot = options.netboot ? "<boot order='1'/>" : ''
  const mac = options.mac ? `<mac address='${options.mac}'/>` : ''
  const nic = options.network
    ? `<interface type='network'>${mac}<source network='${options.network}'/><model type='virtio'/>${boot}</interface>`
    : ''
  const password = options.vncPassword ? ` passwd='${options.vncPassword}'` : ''
  return `<domain type='qemu'>
  <name>${options.name}</name>
  <memory unit='MiB'>${options.memoryMiB ?? 192}</memory><vcpu>${options.vcpus ?? 1}</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>${loader}${nvram}</os>
  <features><acpi/></features><cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
  <devices>
    ${options.disks.map(diskXml).join('\n')}
    <controller type='scsi' model='virtio-scsi'/>${nic}
    <serial type='pty'/><console type='pty'><target type='serial'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <graphics type='vnc'${password}><listen type='socket'/></graphics><video><model type='vga'/></video>
    <memballoon model='virtio'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>`
}
