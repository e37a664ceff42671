// The definition inside a memory image, changed so far as the restored guest's disks lie elsewhere.
import { AppError } from '../../core/errors.ts'
import type { DiskSource, DomainSpec } from '../../core/hypervisor.ts'
import { sourceElement } from './disk-xml.ts'
import { attribute, buildXml, child, children, type Element, parseXml } from './xml.ts'

/**
 * The saved definition keeps every address and device, which the memory image depends on; only what lies on disk is
 * taken from `spec`: the layers, the medium, the UEFI variables.
 */
export function restoredXml(savedXml: string, spec: DomainSpec): string {
  const document = parseXml(savedXml)
  const domain = child(document, 'domain')
  if (!domain) throw new AppError('unavailable', 'the memory image holds no definition of a guest')
  const id = savedId(domain)
  if (id !== spec.id)
    throw new AppError('conflict', `the memory image belongs to the domain ${id}, not to ${spec.id}`)
  const sources = wantedSources(spec)
  for (const disk of children(child(domain, 'devices'), 'disk')) {
    const target = attribute(child(disk, 'target'), 'dev') ?? ''
    if (!sources.has(target)) throw new AppError('conflict', `the memory image has a disk '${target}' more`)
    replaceSource(disk, sources.get(target) ?? null)
  }
  const os = child(domain, 'os')
  if (os && spec.firmware === 'uefi' && spec.nvramPath) {
    os['nvram'] = { '@template': attribute(child(os, 'nvram'), 'template') ?? '', '#text': spec.nvramPath }
  }
  return buildXml({ domain })
}

function savedId(domain: Element): string {
  const uuid = domain['uuid']
  return typeof uuid === 'string' ? uuid : ''
}

function wantedSources(spec: DomainSpec): Map<string, DiskSource | null> {
  return new Map<string, DiskSource | null>([
    ...spec.disks.map(({ target, source }) => [target, source] as const),
    ['sda', spec.media ?? null],
    ['sdb', spec.seed ?? null],
  ])
}

function replaceSource(disk: Element, source: DiskSource | null): void {
  // Libvirt finds the chain again from the images' own headers.
  delete disk['backingStore']
  delete disk['source']
  delete disk['auth']
  if (source === null) return
  disk['@type'] = source.kind
  disk['source'] = sourceElement(source)
  const driver = child(disk, 'driver')
  if (driver) driver['@type'] = source.format
}
