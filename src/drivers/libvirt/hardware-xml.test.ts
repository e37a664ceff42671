import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { virtioHardware, windowsHardware } from '../../core/guests/hardware.ts'
import type { DomainSpec } from '../../core/hypervisor.ts'
import { domainXml } from './domain-xml.ts'
import { attribute, child, children, type Element, parseXml, text } from './xml.ts'

const spec: DomainSpec = {
  id: '6c6b5a0e-7b7f-4a52-9d54-0d6f8a3c2b11',
  domainName: 'staff.web',
  accelerator: 'tcg',
  machine: 'pc-q35-7.2',
  firmware: 'bios',
  hardware: virtioHardware,
  cores: 2,
  memoryBytes: 512 * 1024 ** 2,
  maxCores: 2,
  maxMemoryBytes: 512 * 1024 ** 2,
  disks: [{ target: 'vda', source: { kind: 'file', path: '/pool/a.qcow2', format: 'qcow2' }, serial: 'a' }],
  boot: 'disk',
  display: { kind: 'unix' },
}

const build = (change: Partial<DomainSpec> = {}): Element =>
  child(parseXml(domainXml({ ...spec, ...change })), 'domain') ?? assert.fail('no domain')
const device = (domain: Element, name: string) => child(domain, 'devices', name)

describe('the hardware of a template', () => {
  it('leaves room to grow: cores not yet there, slots for memory, a node to plug it into', () => {
    const domain = build({ maxCores: 4, maxMemoryBytes: 4 * 1024 ** 3 })
    assert.deepEqual(domain['vcpu'], { '#text': '4', '@current': '2' })
    assert.equal(attribute(child(domain, 'cpu', 'topology'), 'cores'), '4')
    assert.equal(text(child(domain, 'maxMemory')), String(4 * 1024 ** 3))
    const cell = child(domain, 'cpu', 'numa', 'cell')
    assert.equal(attribute(cell, 'cpus'), '0-3')
    assert.equal(attribute(cell, 'memory'), String(512 * 1024 ** 2))
    assert.equal(build()['maxMemory'], undefined)
  })

  it('puts disks, the removable drive and the card on what the system knows', () => {
    const domain = build({
      hardware: windowsHardware,
      disks: [{ ...spec.disks[0]!, target: 'sdc' }],
      network: { mac: '52:54:00:00:00:01', source: { kind: 'bridge', name: 'br0' } },
    })
    assert.deepEqual(
      children(child(domain, 'devices'), 'disk').map((disk) => [
        attribute(child(disk, 'target'), 'dev'),
        attribute(child(disk, 'target'), 'bus'),
      ]),
      [
        ['sdc', 'sata'],
        ['sda', 'sata'],
      ],
    )
    assert.equal(attribute(child(device(domain, 'interface'), 'model'), 'type'), 'e1000e')
    assert.equal(attribute(child(domain, 'clock'), 'offset'), 'localtime')
  })

  it('gives the enlightenments of Windows only where KVM can fulfil them', () => {
    const domain = build({ hardware: windowsHardware, accelerator: 'kvm' })
    assert.equal(attribute(child(domain, 'features', 'hyperv', 'stimer'), 'state'), 'on')
    const timers = children(child(domain, 'clock'), 'timer').map((timer) => attribute(timer, 'name'))
    assert.ok(timers.includes('hypervclock'))
    assert.equal(child(build({ hardware: windowsHardware }), 'features', 'hyperv'), undefined)
  })

  it('starts securely: the protected firmware, its variables with keys, SMM, and a TPM', () => {
    const domain = build({
      firmware: 'uefi',
      hardware: { ...windowsHardware, secureBoot: true, tpm: true },
      nvramPath: '/pool/x.fd',
    })
    const loader = child(domain, 'os', 'loader')
    assert.match(text(loader), /secboot/)
    assert.equal(attribute(loader, 'secure'), 'yes')
    assert.match(attribute(child(domain, 'os', 'nvram'), 'template') ?? '', /VARS_4M\.ms/)
    assert.equal(attribute(child(domain, 'features', 'smm'), 'state'), 'on')
    assert.equal(attribute(device(domain, 'tpm'), 'model'), 'tpm-crb')
    assert.equal(device(build(), 'tpm'), undefined)
  })

  it('can do without USB, a tablet and a screen', () => {
    const domain = build({ hardware: { ...virtioHardware, usb: false, tablet: 'none', display: 'none' } })
    const usb = children(child(domain, 'devices'), 'controller').find(
      (controller) => attribute(controller, 'type') === 'usb',
    )
    assert.equal(attribute(usb, 'model'), 'none')
    assert.equal(device(domain, 'input'), undefined)
    assert.equal(attribute(child(device(domain, 'video'), 'model'), 'type'), 'none')
  })
})
