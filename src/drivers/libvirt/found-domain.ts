// What is read of a domain that somebody else has defined, and what of it has no place in a guest.
import type { FoundCard, FoundDisk, FoundDomain } from '../../core/unmanaged/found-domain.ts'
import { plainUefi, secureUefi } from './hardware-xml.ts'
import { attribute, buildXml, child, children, type Element, parseXml, text } from './xml.ts'

/** What libvirt says of a domain beside its XML. */
export interface FoundFacts {
  persistent: boolean
  autoStart: boolean
  managedSave: boolean
  snapshots: string[]
  checkpoints: string[]
  /** Of a running one: its targets with what they have open now. */
  open: Map<string, string>
}

type Parsed = Omit<FoundDomain, 'id' | 'state' | 'autoStart'>
type Hardware = FoundDomain['hardware']

interface Notes {
  obstacles: string[]
  changes: string[]
}

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')

export function parseFoundDomain(xml: string, facts: FoundFacts): Parsed {
  const domain = child(parseXml(xml), 'domain') ?? {}
  const devices = child(domain, 'devices') ?? {}
  const notes: Notes = { obstacles: [], changes: [] }
  const disks = foundDisks(devices, notes)
  const cards = foundCards(devices, notes)
  judgeFacts(facts, disks, notes)
  judgeDomain(domain, notes)
  judgeDevices(devices, notes)
  const firmware = firmwareOf(domain, notes)
  return {
    name: text(child(domain, 'name')),
    cores: Number(attribute(child(domain, 'vcpu'), 'current') ?? text(child(domain, 'vcpu'))),
    memoryBytes: bytesOf(child(domain, 'memory')),
    machine: attribute(child(domain, 'os', 'type'), 'machine') ?? '',
    firmware,
    nvramPath: firmware === 'uefi' ? text(child(domain, 'os', 'nvram')) || null : null,
    hardware: hardwareOf(domain, { disks, cards, notes }),
    disks,
    cards,
    ...notes,
  }
}

const units: Record<string, number> = { b: 1, bytes: 1, KiB: 2 ** 10, k: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

function bytesOf(element: Element | undefined): number {
  return Number(text(element)) * (units[attribute(element, 'unit') ?? 'KiB'] ?? Number.NaN)
}

function judgeFacts(facts: FoundFacts, disks: readonly FoundDisk[], { obstacles }: Notes): void {
  if (!facts.persistent)
    obstacles.push('it is transient, so libvirt forgets it when it stops: define it (virsh define)')
  if (facts.managedSave)
    obstacles.push(
      'its memory is saved (managed save), which only its present definition resumes: start it first',
    )
  if (facts.snapshots.length > 0)
    obstacles.push(
      `libvirt keeps snapshots of it, ${list(facts.snapshots)}: delete them (virsh snapshot-delete)`,
    )
  if (facts.checkpoints.length > 0)
    obstacles.push(
      `libvirt keeps checkpoints of it, ${list(facts.checkpoints)}: delete them (virsh checkpoint-delete)`,
    )
  for (const { target, label } of disks) {
    const open = facts.open.get(target)
    if (open !== undefined && open !== label)
      obstacles.push(`disk ${target} has '${open}' open, but its definition says '${label}': stop it first`)
  }
}

function judgeDomain(domain: Element, { obstacles, changes }: Notes): void {
  const type = child(domain, 'os', 'type')
  const machine = attribute(type, 'machine') ?? ''
  const [hypervisor, architecture] = [attribute(domain, 'type') ?? '', attribute(type, 'arch') ?? '']
  if (hypervisor !== 'kvm' && hypervisor !== 'qemu')
    obstacles.push(`it is a domain of '${hypervisor}', not of QEMU`)
  if (architecture !== 'x86_64') obstacles.push(`its architecture '${architecture}' is not x86_64`)
  if (!machineOf(machine)) obstacles.push(`its machine type '${machine}' is neither q35 nor pc`)
  if (child(domain, 'os', 'kernel')) obstacles.push('it boots a kernel of the host (direct kernel boot)')
  for (const name of ['qemu:commandline', 'qemu:override', 'launchSecurity', 'idmap'])
    if (domain[name] !== undefined) obstacles.push(`its definition has the element '${name}'`)
  if (attribute(child(domain, 'clock'), 'offset') === 'timezone')
    obstacles.push('its clock follows a time zone')
  if (domain['memoryBacking'] !== undefined)
    changes.push('its memory is no longer backed in a way of its own (memoryBacking)')
  if (domain['cputune'] !== undefined) changes.push('pins and shares of its processors go (cputune)')
  const mode = attribute(child(domain, 'cpu'), 'mode')
  if (mode !== 'host-passthrough' && mode !== 'maximum') changes.push("its processor becomes the host's")
}

const machineOf = (machine: string): Hardware['machine'] | undefined =>
  machine.includes('q35') ? 'q35' : /^pc(-i440fx|$)/.test(machine) ? 'pc' : undefined

/** Devices that belong to the host or hold data: a system would miss them. */
const carriedByNone: Record<string, string> = {
  hostdev: 'a device of the host is passed through to it (hostdev)',
  filesystem: 'a directory of the host is shared with it (filesystem)',
  shmem: 'it shares memory with another program (shmem)',
  vsock: 'it has a vsock',
  smartcard: 'it has a smart card',
  iommu: 'it has an IOMMU',
  memory: 'it has plugged or non-volatile memory (memory devices)',
  crypto: 'it has a crypto device',
  parallel: 'it has a parallel port',
  lease: 'its disks are locked by leases',
}

/** Devices that a system hardly notices. */
const dropped: Record<string, string> = {
  sound: 'its sound card goes',
  redirdev: 'USB redirection goes',
  watchdog: 'its watchdog goes',
  hub: 'its USB hub goes',
}

function judgeDevices(devices: Element, { obstacles, changes }: Notes): void {
  for (const [name, words] of Object.entries(carriedByNone))
    if (devices[name] !== undefined) obstacles.push(words)
  for (const [name, words] of Object.entries(dropped)) if (devices[name] !== undefined) changes.push(words)
  for (const graphics of children(devices, 'graphics'))
    if (attribute(graphics, 'type') !== 'vnc')
      changes.push(`its ${attribute(graphics, 'type')} display goes; there is VNC instead`)
  for (const tpm of children(devices, 'tpm'))
    if (!isEmulated(tpm)) obstacles.push('its TPM is not an emulated TPM 2.0 of the model tpm-crb')
}

const isEmulated = (tpm: Element): boolean => {
  const backend = child(tpm, 'backend')
  const version = attribute(backend, 'version') ?? '2.0'
  return (
    attribute(tpm, 'model') === 'tpm-crb' && attribute(backend, 'type') === 'emulator' && version === '2.0'
  )
}

function foundDisks(devices: Element, notes: Notes): FoundDisk[] {
  const disks: FoundDisk[] = []
  for (const disk of children(devices, 'disk')) {
    const device = attribute(disk, 'device') ?? 'disk'
    const target = attribute(child(disk, 'target'), 'dev') ?? ''
    const label = labelOf(disk)
    if (device === 'cdrom') {
      if (label !== undefined) notes.changes.push(`the medium '${label}' is taken out of its drive ${target}`)
    } else if (device === 'floppy') notes.changes.push(`its floppy drive ${target} goes`)
    else if (device !== 'disk') notes.obstacles.push(`disk ${target} is a '${device}' of the host`)
    else disks.push(hardDisk(disk, { target, label }, notes))
  }
  if (disks.length === 0) notes.obstacles.push('it has no disk')
  const place = ({ target }: FoundDisk) => target.padStart(8)
  return disks.sort((a, b) => (place(a) < place(b) ? -1 : 1))
}

function hardDisk(
  disk: Element,
  { target, label }: { target: string; label: string | undefined },
  { obstacles }: Notes,
): FoundDisk {
  const type = attribute(disk, 'type') ?? ''
  if (label === undefined) obstacles.push(`disk ${target} has a source of the type '${type}'`)
  for (const name of ['encryption', 'transient', 'shareable', 'readonly', 'mirror'])
    if (disk[name] !== undefined || child(disk, 'source')?.[name] !== undefined)
      obstacles.push(`disk ${target} is '${name}'`)
  return {
    target,
    bus: attribute(child(disk, 'target'), 'bus') ?? '',
    label: label ?? '',
    format: attribute(child(disk, 'driver'), 'type') ?? 'raw',
  }
}

/** As `sourceLabel` has it. */
export function labelOf(disk: Element): string | undefined {
  const source = child(disk, 'source')
  const protocol = attribute(source, 'protocol')
  if (protocol) return `${protocol}:${attribute(source, 'name') ?? ''}`
  return attribute(source, 'file') ?? attribute(source, 'dev')
}

function foundCards(devices: Element, { obstacles }: Notes): FoundCard[] {
  const cards = children(devices, 'interface').map((card): FoundCard => {
    const kind = attribute(card, 'type') ?? ''
    const source = child(card, 'source')
    return {
      mac: (attribute(child(card, 'mac'), 'address') ?? '').toLowerCase(),
      model: attribute(child(card, 'model'), 'type') ?? 'rtl8139',
      kind,
      name: attribute(source, kind === 'network' ? 'network' : kind === 'bridge' ? 'bridge' : 'dev') ?? '',
    }
  })
  if (cards.length > 1) obstacles.push(`it has ${cards.length} network cards, a guest has one`)
  for (const { kind } of cards)
    if (kind === 'hostdev' || kind === 'vdpa' || kind === 'vhostuser')
      obstacles.push(`its network card is a device of the host ('${kind}')`)
  return cards
}

function firmwareOf(domain: Element, { obstacles }: Notes): 'bios' | 'uefi' {
  const os = child(domain, 'os')
  const loader = child(os, 'loader')
  if (attribute(os, 'firmware') !== 'efi' && attribute(loader, 'type') !== 'pflash') {
    if (loader) obstacles.push(`its firmware is '${text(loader)}'`)
    return 'bios'
  }
  const code = text(loader)
  if (code !== '' && code !== plainUefi.code && code !== secureUefi.code)
    obstacles.push(
      `its UEFI firmware is '${code}', and guests have '${plainUefi.code}' or '${secureUefi.code}'`,
    )
  const format = attribute(child(os, 'nvram'), 'format') ?? 'raw'
  if (format !== 'raw') obstacles.push(`its UEFI variables are stored as ${format}`)
  return 'uefi'
}

const buses: readonly string[] = ['virtio', 'scsi', 'sata', 'ide'] satisfies Hardware['diskBus'][]
const models: readonly string[] = ['virtio', 'e1000', 'e1000e', 'rtl8139'] satisfies Hardware['nic'][]
const displays: readonly string[] = ['vga', 'cirrus', 'qxl', 'virtio', 'none'] satisfies Hardware['display'][]

interface Found {
  disks: readonly FoundDisk[]
  cards: readonly FoundCard[]
  notes: Notes
}

function hardwareOf(domain: Element, { disks, cards, notes }: Found): Hardware {
  const devices = child(domain, 'devices') ?? {}
  const offset = attribute(child(domain, 'clock'), 'offset')
  const local = offset === 'localtime' || attribute(child(domain, 'clock'), 'basis') === 'localtime'
  const usb = children(devices, 'controller').some(
    (one) => attribute(one, 'type') === 'usb' && attribute(one, 'model') !== 'none',
  )
  return {
    machine: machineOf(attribute(child(domain, 'os', 'type'), 'machine') ?? '') ?? 'q35',
    diskBus: diskBus(disks, notes) as Hardware['diskBus'],
    mediaBus: mediaBus(devices),
    nic: cardModel(cards, notes) as Hardware['nic'],
    display: display(devices, notes) as Hardware['display'],
    usb,
    tablet: tablet(devices, usb),
    clock: local ? 'localtime' : 'utc',
    hyperV: child(domain, 'features', 'hyperv') !== undefined,
    tpm: devices['tpm'] !== undefined,
    secureBoot: attribute(child(domain, 'os', 'loader'), 'secure') === 'yes',
  }
}

function diskBus(disks: readonly FoundDisk[], { obstacles }: Notes): string {
  const found = [...new Set(disks.map(({ bus }) => bus))]
  for (const bus of found)
    if (!buses.includes(bus)) obstacles.push(`the bus '${bus}' of its disks is none of ${buses.join(', ')}`)
  if (found.length > 1)
    obstacles.push(`its disks are on several buses, ${list(found)}; those of a guest are on one`)
  return found.find((bus) => buses.includes(bus)) ?? 'virtio'
}

function cardModel(cards: readonly FoundCard[], { obstacles }: Notes): string {
  const model = cards[0]?.model ?? 'virtio'
  if (models.includes(model)) return model
  obstacles.push(`the model '${model}' of its network card is none of ${models.join(', ')}`)
  return 'virtio'
}

function display(devices: Element, { changes }: Notes): string {
  const model = attribute(child(devices, 'video', 'model'), 'type') ?? 'none'
  if (displays.includes(model)) return model
  changes.push(`its display becomes a plain VGA one ('${model}' before)`)
  return 'vga'
}

function mediaBus(devices: Element): Hardware['mediaBus'] {
  const drive = children(devices, 'disk').find((disk) => attribute(disk, 'device') === 'cdrom')
  const bus = attribute(child(drive, 'target'), 'bus')
  return bus === 'sata' || bus === 'ide' ? bus : 'scsi'
}

function tablet(devices: Element, usb: boolean): Hardware['tablet'] {
  const found = children(devices, 'input').find((one) => attribute(one, 'type') === 'tablet')
  const bus = attribute(found, 'bus')
  return bus === 'virtio' || (bus === 'usb' && usb) ? bus : 'none'
}

/** The same definition under another name. */
export function renamedXml(xml: string, name: string): string {
  const domain = child(parseXml(xml), 'domain')
  return buildXml({ domain: { ...domain, name } })
}
