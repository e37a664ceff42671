import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FoundFacts, parseFoundDomain, renamedXml } from './found-domain.ts'

const plain: FoundFacts = {
  ...{ persistent: true, autoStart: false, managedSave: false, snapshots: [], checkpoints: [] },
  open: new Map(),
}

interface Parts {
  root?: string
  os?: string
  devices?: string
  disk?: string
  type?: string
}

const disk = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/p/a.qcow2'/>
  <target dev='vda' bus='virtio'/></disk>`
const card = `<interface type='network'><mac address='52:54:00:AA:bb:cc'/><source network='default'/><model type='virtio'/></interface>`

const xml = (parts: Parts = {}) => `<domain type='${parts.type ?? 'kvm'}'><name>old</name>
  <memory unit='KiB'>1048576</memory><vcpu placement='static' current='2'>4</vcpu>
  <os>${parts.os ?? "<type arch='x86_64' machine='pc-q35-7.2'>hvm</type>"}</os>
  <cpu mode='host-passthrough'/><clock offset='utc'/>${parts.root ?? ''}
  <devices><controller type='usb' index='0' model='qemu-xhci'/>${parts.disk ?? disk}${card}
  <input type='tablet' bus='usb'/><graphics type='vnc'/><video><model type='cirrus'/></video>${parts.devices ?? ''}</devices>
</domain>`

const parse = (parts: Parts, facts: Partial<FoundFacts> = {}) =>
  parseFoundDomain(xml(parts), { ...plain, ...facts })

test('a plain domain is read whole', () => {
  assert.deepEqual(parse({}), {
    ...{
      name: 'old',
      cores: 2,
      memoryBytes: 2 ** 30,
      machine: 'pc-q35-7.2',
      firmware: 'bios',
      nvramPath: null,
    },
    hardware: {
      ...{ machine: 'q35', diskBus: 'virtio', mediaBus: 'scsi', nic: 'virtio', display: 'cirrus', usb: true },
      ...{ tablet: 'usb', clock: 'utc', hyperV: false, tpm: false, secureBoot: false },
    },
    disks: [{ target: 'vda', bus: 'virtio', label: '/p/a.qcow2', format: 'qcow2' }],
    cards: [{ mac: '52:54:00:aa:bb:cc', model: 'virtio', kind: 'network', name: 'default' }],
    ...{ obstacles: [], changes: [] },
  })
})

const q35 = "<type arch='x86_64' machine='pc-q35-7.2'>hvm</type>"
const withDisk = (more: string, target = "<target dev='vdb' bus='virtio'/>", device = 'disk') =>
  `${disk}<disk type='file' device='${device}'><source file='/p/b'/>${target}${more}</disk>`

for (const [what, parts, pattern] of [
  ['a passed device', { devices: "<hostdev mode='subsystem' type='pci'/>" }, /passed through/],
  ['a shared directory', { devices: "<filesystem type='mount'/>" }, /directory of the host/],
  ['two cards', { devices: card }, /2 network cards/],
  ['another architecture', { os: "<type arch='aarch64' machine='virt'>hvm</type>" }, /'aarch64'.*'virt'/s],
  ['another hypervisor', { type: 'xen' }, /domain of 'xen'/],
  ['direct boot', { os: `${q35}<kernel>/boot/vmlinuz</kernel>` }, /direct kernel boot/],
  [
    'unknown firmware',
    { os: `${q35}<loader type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>` },
    /UEFI firmware/,
  ],
  ['an unknown bus', { disk: withDisk('', "<target dev='sda' bus='usb'/>") }, /bus 'usb'.*several buses/s],
  ['a disk of the host', { disk: withDisk('', undefined, 'lun') }, /vdb is a 'lun'/],
  ['a shared disk', { disk: withDisk('<shareable/>') }, /vdb is 'shareable'/],
  ['an encrypted disk', { disk: withDisk("<encryption format='luks'/>") }, /vdb is 'encryption'/],
  ['a TPM of the host', { devices: "<tpm model='tpm-tis'><backend type='passthrough'/></tpm>" }, /TPM/],
  ['no disk', { disk: '' }, /has no disk/],
  ['QEMU words', { root: '<qemu:commandline/>' }, /qemu:commandline/],
] as const)
  test(`refused: ${what}`, () => assert.match(parse(parts).obstacles.join('\n'), pattern))

test('what libvirt keeps of it is refused', () => {
  const { obstacles } = parse(
    {},
    { persistent: false, managedSave: true, snapshots: ['s1'], checkpoints: ['c1'] },
  )
  assert.equal(obstacles.length, 4)
  assert.match(obstacles.join('\n'), /transient.*managed save.*'s1'.*'c1'/s)
  const moved = parse({}, { open: new Map([['vda', '/p/overlay']]) }).obstacles
  assert.match(moved.join(), /has '\/p\/overlay' open/)
  assert.deepEqual(parse({}, { open: new Map([['vda', '/p/a.qcow2']]) }).obstacles, [])
})

test('what a system hardly misses is told of', () => {
  const devices = "<sound model='ich9'/><watchdog model='i6300esb'/><graphics type='spice'/>"
  const cdrom = withDisk('', "<target dev='sda' bus='sata'/>", 'cdrom')
  const { obstacles, changes, hardware } = parse({ devices, disk: cdrom })
  assert.deepEqual(obstacles, [])
  assert.match(changes.join('\n'), /medium '\/p\/b'.*sound.*watchdog.*spice/s)
  assert.equal(hardware.mediaBus, 'sata')
})

test('disks are in the order of their targets, with their labels', () => {
  const network = `<disk type='network' device='disk'><source protocol='rbd' name='rbd/x'/><target dev='vdaa' bus='virtio'/></disk>`
  const found = parse({ disk: network + withDisk('') }).disks
  assert.deepEqual(
    found.map(({ target }) => target),
    ['vda', 'vdb', 'vdaa'],
  )
  assert.equal(found[2]?.label, 'rbd:rbd/x')
})

test('a definition is given another name and stays the same', () => {
  const renamed = renamedXml(xml(), 'new & old')
  assert.match(renamed, /<name>new &amp; old<\/name>/)
  assert.deepEqual({ ...parseFoundDomain(renamed, plain), name: 'old' }, parse({}))
})
