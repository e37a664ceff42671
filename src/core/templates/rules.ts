import { invalid } from '../errors.ts'
import type { Template } from './template.ts'

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}\p{M} ._()-]{0,63}$/u
const versionPattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u
const adminPattern = /^[A-Za-z_][\w.-]{0,31}$/

/** Everything that must hold of a template, whoever made it. */
export function checkTemplate(template: Omit<Template, 'version'>): void {
  if (!namePattern.test(template.name))
    throw invalid('name', "name must be 1 to 64 letters, digits, spaces, '.', '_', '-' or brackets")
  if (!adminPattern.test(template.admin))
    throw invalid('admin', "admin must be a user name of at most 32 letters, digits, '.', '_' and '-'")
  checkVersions(template.systemVersions)
  checkHardware(template)
}

function checkVersions(versions: readonly string[]): void {
  if (versions.length > 32) throw invalid('system_versions', 'system_versions may hold at most 32 names')
  for (const [index, version] of versions.entries())
    if (!versionPattern.test(version))
      throw invalid(
        `system_versions[${index}]`,
        "a system version has 1 to 64 letters, digits, spaces, '.', '_' and '-'",
      )
}

function checkHardware({ hardware, firmware }: Omit<Template, 'version'>): void {
  const { machine } = hardware
  const bus = machine === 'pc' ? 'sata' : 'ide'
  const needed = machine === 'pc' ? 'q35' : 'pc'
  if (hardware.diskBus === bus) throw invalid('disk', `disk '${bus}' needs the machine '${needed}'`)
  if (hardware.mediaBus === bus) throw invalid('media', `media '${bus}' needs the machine '${needed}'`)
  if (hardware.tablet === 'usb' && !hardware.usb) throw invalid('tablet', "tablet 'usb' needs usb")
  if (firmware === 'uefi' && machine === 'pc')
    throw invalid('firmware', "firmware 'uefi' needs the machine 'q35'")
  if (hardware.secureBoot && firmware !== 'uefi')
    throw invalid('secure_boot', "secure_boot needs the firmware 'uefi'")
  if (hardware.tpm && machine === 'pc') throw invalid('tpm', "tpm needs the machine 'q35'")
}
