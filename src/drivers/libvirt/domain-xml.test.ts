import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { virtioHardware } from '../../core/guests/hardware.ts'
import type { DomainSpec } from '../../core/hypervisor.ts'
import { domainXml } from './domain-xml.ts'
import { attribute, child, children, type Element, parseXml, text } from './xml.ts'

const spec: DomainSpec = {
  id: '6c6b5a0e-7b7f-4a52-9d54-0d6f8a3c2b11',
  domainName: 'staff.web',
  accelerator: 'tcg',
  machine: 'pc-q35-7.2',
  firmware: 'bios',
  cores: 2,
  memoryBytes: 512 * 1024 ** 2,
  maxCores: 2,
  maxMemoryBytes: 512 * 1024 ** 2,
  hardware: virtioHardware,
  disks: [
    { target: 'vda', source: { kind: 'file', path: '/pool/a.qcow2', format: 'qcow2' }, serial: 'disk-a' },
    { target: 'vdb', source: { kind: 'block', path: '/dev/lun0', format: 'raw' }, serial: 'disk-b' },
  ],
  boot: 'disk',
  display: { kind: 'unix' },
}

const build = (change: Partial<DomainSpec> = {}, options = {}) =>
  child(parseXml(domainXml({ ...spec, ...change }, options)), 'domain') ?? assert.fail('no domain')

const devices = (domain: Element, name: string) => children(child(domain, 'devices'), name)
const bootOrders = (domain: Element) =>
  [...devices(domain, 'disk'), ...devices(domain, 'interface')].flatMap((device) => {
    const order = attribute(child(device, 'boot'), 'order')
    const name = attribute(child(device, 'target'), 'dev') ?? 'nic'
    return order ? [`${order} ${name}`] : []
  })

const nic = { mac: '52:54:00:00:00:01', source: { kind: 'network', name: 'lab' } } as const

describe('a definition', () => {
  it('records the full machine type, the accelerator and the size', () => {
    const domain = build()
    assert.equal(attribute(domain, 'type'), 'qemu')
    assert.equal(attribute(child(domain, 'os', 'type'), 'machine'), 'pc-q35-7.2')
    assert.equal(text(child(domain, 'memory')), String(512 * 1024 ** 2))
    assert.equal(text(child(domain, 'vcpu')), '2')
    const kvm = build({ accelerator: 'kvm' })
    assert.equal(attribute(kvm, 'type'), 'kvm')
    assert.equal(attribute(child(kvm, 'cpu'), 'mode'), 'host-passthrough')
  })

  it('keeps text from strangers text', () => {
    const domainName = `a<b> & 'c' "d" ]]> é`
    assert.equal(build({ domainName })['name'], domainName)
    assert.throws(() => domainXml({ ...spec, domainName: 'bell\u0007' }), { code: 'invalid' })
  })

  it('has virtio disks with serials, and an always present removable drive on virtio-scsi', () => {
    const [vda, vdb, sda] = devices(build(), 'disk')
    assert.equal(attribute(child(vda, 'source'), 'file'), '/pool/a.qcow2')
    assert.equal(vda?.['serial'], 'disk-a')
    assert.equal(attribute(child(vda, 'driver'), 'cache'), 'none')
    assert.equal(attribute(child(vda, 'driver'), 'discard'), 'unmap')
    assert.equal(attribute(child(vdb, 'source'), 'dev'), '/dev/lun0')
    assert.equal(attribute(child(sda, 'target'), 'bus'), 'scsi')
    assert.equal(child(sda, 'source'), undefined)
    assert.notEqual(child(sda, 'readonly'), undefined)
  })

  it('uses the page cache where direct I/O is refused', () => {
    const [vda, vdb] = devices(build({}, { bufferedPaths: new Set(['/pool/a.qcow2']) }), 'disk')
    assert.equal(attribute(child(vda, 'driver'), 'cache'), 'writeback')
    assert.equal(attribute(child(vdb, 'driver'), 'cache'), 'none')
  })

  it('puts the seed into a drive of its own', () => {
    const seed = { kind: 'file', path: '/pool/seed.iso', format: 'raw' } as const
    const drives = devices(build({ seed }), 'disk').slice(2)
    assert.deepEqual(
      drives.map((drive) => attribute(child(drive, 'target'), 'dev')),
      ['sda', 'sdb'],
    )
    assert.equal(attribute(child(drives[1], 'source'), 'file'), '/pool/seed.iso')
  })

  it('boots what was asked for first', () => {
    assert.deepEqual(bootOrders(build({ network: nic })), ['1 vda', '2 sda'])
    assert.deepEqual(bootOrders(build({ network: nic, boot: 'media' })), ['2 vda', '1 sda'])
    assert.deepEqual(bootOrders(build({ network: nic, boot: 'network' })), ['2 vda', '3 sda', '1 nic'])
  })

  it('has UEFI with variables of its own and no secure boot', () => {
    const os = child(build({ firmware: 'uefi', nvramPath: '/pool/vars.fd' }), 'os')
    assert.equal(text(child(os, 'nvram')), '/pool/vars.fd')
    assert.equal(text(child(os, 'loader')), '/usr/share/OVMF/OVMF_CODE_4M.fd')
    assert.equal(attribute(child(os, 'loader'), 'readonly'), 'yes')
    assert.equal(attribute(child(os, 'loader'), 'secure'), undefined)
  })

  it('holds its card to the filter of the guest, on a network and on a bridge', () => {
    for (const source of [nic.source, { kind: 'bridge', name: 'br0' } as const]) {
      const [card] = devices(build({ network: { ...nic, source } }), 'interface')
      assert.equal(attribute(child(card, 'filterref'), 'filter'), `nacelle-${spec.id}`)
      assert.equal(attribute(child(card, 'source'), source.kind), source.name)
    }
  })

  it('shows the display on a unix socket, or on a port with a password that VNC can carry', () => {
    const [unix] = devices(build(), 'graphics')
    assert.equal(attribute(child(unix, 'listen'), 'type'), 'socket')
    assert.equal(attribute(unix, 'port'), undefined)
    const display = { kind: 'tcp', listen: '192.0.2.1', password: 'longer than eight' } as const
    const [tcp] = devices(build({ display }), 'graphics')
    assert.equal(attribute(tcp, 'passwd'), 'longer t')
    assert.equal(attribute(child(tcp, 'listen'), 'address'), '192.0.2.1')
  })

  it('sets the limits that are given, and weights only where there are cgroups', () => {
    const qos = {
      cpuPriority: 'high',
      readBytesPerSecond: 1_000_000,
      readIops: 100,
      totalIops: 500,
      receiveBytesPerSecond: 1_048_576,
    } as const
    const domain = build({ qos, network: nic })
    const [vda] = devices(domain, 'disk')
    assert.deepEqual(child(vda, 'iotune'), { read_bytes_sec: '1000000', total_iops_sec: '500' })
    const [card] = devices(domain, 'interface')
    assert.equal(attribute(child(card, 'bandwidth', 'inbound'), 'average'), '1024')
    assert.equal(child(card, 'bandwidth', 'outbound'), undefined)
    assert.equal(child(domain, 'cputune'), undefined)
    assert.equal(child(build({ qos }, { cpuWeights: true }), 'cputune')?.['shares'], '4096')
    const unlimited = build({ network: nic })
    assert.equal(child(devices(unlimited, 'disk')[0], 'iotune'), undefined)
  })
})
