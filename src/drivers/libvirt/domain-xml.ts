// The definition of a guest, as libvirt wants it.
import {
  type DomainDisk,
  type DomainNic,
  type DomainQos,
  type DomainSpec,
  sourceLabel,
} from '../../core/hypervisor.ts'
import { cdromElement, diskElement } from './disk-xml.ts'
import {
  clockElement,
  controllers,
  cpuElement,
  featuresElement,
  inputElement,
  osElement,
  sizeElements,
  tpmElement,
  videoElement,
} from './hardware-xml.ts'
import { filterName } from './nwfilter-xml.ts'
import { bandwidthElement, cpuShares } from './rates.ts'
import { buildXml, type Element } from './xml.ts'

/** What the host decides about a definition. */
export interface DomainXmlOptions {
  /** Paths whose file system cannot do direct I/O (an overlay, an old tmpfs): their disks use the page cache. */
  bufferedPaths?: ReadonlySet<string>
  /** Whether libvirt has cgroups to put CPU weights into. */
  cpuWeights?: boolean
}

/** Builds the whole document. Throws `invalid` for names that XML cannot carry. */
export function domainXml(spec: DomainSpec, options: DomainXmlOptions = {}): string {
  return buildXml({
    domain: {
      '@type': spec.accelerator === 'kvm' ? 'kvm' : 'qemu',
      name: spec.domainName,
      uuid: spec.id,
      ...sizeElements(spec),
      ...(options.cpuWeights ? { cputune: cpuWeight(spec.qos) } : {}),
      os: osElement(spec),
      features: featuresElement(spec),
      cpu: cpuElement(spec),
      clock: clockElement(spec),
      on_poweroff: 'destroy',
      on_reboot: 'restart',
      on_crash: 'destroy',
      pm: { 'suspend-to-mem': { '@enabled': 'no' }, 'suspend-to-disk': { '@enabled': 'no' } },
      devices: devices(spec, options.bufferedPaths ?? new Set()),
    },
  })
}

function cpuWeight(qos: DomainQos | undefined): Element | undefined {
  return qos?.cpuPriority ? { shares: String(cpuShares(qos)) } : undefined
}

function devices(spec: DomainSpec, buffered: ReadonlySet<string>): Element {
  return {
    emulator: '/usr/bin/qemu-system-x86_64',
    controller: controllers(spec),
    disk: disks(spec, buffered),
    interface: spec.network ? nicElement(spec.network, spec) : undefined,
    serial: { '@type': 'pty', target: { '@type': 'isa-serial', '@port': '0' } },
    console: { '@type': 'pty', target: { '@type': 'serial', '@port': '0' } },
    channel: {
      '@type': 'unix',
      source: { '@mode': 'bind' },
      target: { '@type': 'virtio', '@name': 'org.qemu.guest_agent.0' },
    },
    input: inputElement(spec.hardware),
    tpm: tpmElement(spec.hardware),
    graphics: graphicsElement(spec.display),
    video: videoElement(spec.hardware),
    rng: { '@model': 'virtio', backend: { '@model': 'random', '#text': '/dev/urandom' } },
    memballoon: { '@model': 'virtio', stats: { '@period': '10' } },
    panic: { '@model': 'isa' },
  }
}

function disks(spec: DomainSpec, buffered: ReadonlySet<string>): Element[] {
  const place = bootOrder(spec)
  const { diskBus, mediaBus } = spec.hardware
  const common = (disk: DomainDisk) => ({
    ...(spec.qos ? { qos: spec.qos } : {}),
    buffered: buffered.has(sourceLabel(disk.source)),
  })
  return [
    ...spec.disks.map((disk, index) =>
      diskElement(disk, {
        ...common(disk),
        bus: diskBus,
        ...(index === 0 && place.disk ? { order: place.disk } : {}),
      }),
    ),
    cdromElement('sda', { source: spec.media ?? null, bus: mediaBus, order: place.media }),
    ...(spec.seed ? [cdromElement('sdb', { source: spec.seed, bus: mediaBus })] : []),
  ]
}

/** An empty first disk falls through to the medium, so that a fresh guest with a medium in boots its installer. */
function bootOrder(spec: DomainSpec): { disk: number; media: number; network?: number } {
  if (spec.boot === 'media') return { media: 1, disk: 2 }
  if (spec.boot === 'network') return { network: 1, disk: 2, media: 3 }
  return { disk: 1, media: 2 }
}

function nicElement(nic: DomainNic, spec: DomainSpec): Element {
  const order = bootOrder(spec).network
  return {
    '@type': nic.source.kind,
    source: nic.source.kind === 'network' ? { '@network': nic.source.name } : { '@bridge': nic.source.name },
    mac: { '@address': nic.mac },
    model: { '@type': spec.hardware.nic },
    bandwidth: bandwidthElement(spec.qos),
    ...(order === undefined ? {} : { boot: { '@order': String(order) } }),
    filterref: { '@filter': filterName(spec.id) },
  }
}

/** RFB passwords have eight significant characters; libvirt refuses more. */
const rfbPasswordLength = 8

export function graphicsElement(display: DomainSpec['display']): Element {
  if (display.kind === 'unix') return { '@type': 'vnc', listen: { '@type': 'socket' } }
  return {
    '@type': 'vnc',
    '@autoport': 'yes',
    '@passwd': display.password.slice(0, rfbPasswordLength),
    listen: { '@type': 'address', '@address': display.listen },
  }
}
