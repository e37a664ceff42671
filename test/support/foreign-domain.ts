import { virtioHardware } from '../../src/core/guests/hardware.ts'
import type { DomainSpec } from '../../src/core/hypervisor.ts'
import type { SimulatedHost } from './simulated-drivers.ts'

export const foreignId = '99999999-2222-4333-8444-555555555555'
export const foreignMac = '52:54:00:aa:bb:cc'

/** A domain with a disk on the pool, as somebody might have made it with virsh. */
export async function makeForeign(
  { volumes, drivers }: Pick<SimulatedHost, 'volumes' | 'drivers'>,
  more: Partial<DomainSpec> & { running?: boolean } = {},
): Promise<DomainSpec> {
  const { running = false, ...values } = more
  await volumes.create('legacy.qcow2', { sizeBytes: 1 << 30, format: 'qcow2' })
  const path = volumes.pathOf('legacy.qcow2')
  const spec: DomainSpec = {
    id: foreignId,
    domainName: 'legacy',
    accelerator: 'tcg',
    machine: 'pc-q35-7.2',
    firmware: 'bios',
    hardware: { ...virtioHardware },
    ...{ cores: 2, memoryBytes: 512 << 20, maxCores: 2, maxMemoryBytes: 512 << 20 },
    disks: [{ target: 'vda', source: { kind: 'file', path, format: 'qcow2' }, serial: '' }],
    network: { mac: foreignMac, source: { kind: 'network', name: 'nacelle-default' } },
    boot: 'disk',
    display: { kind: 'unix' },
    ...values,
  }
  await (running ? drivers.hypervisor.start(spec) : drivers.hypervisor.define(spec))
  return spec
}
