import type { components } from '../../api/schema.d.ts'

export type Template = components['schemas']['Template']
export type TemplateBody = Required<components['schemas']['TemplateCreate']>

/** What may be chosen, each list with the default first. */
export const choices = {
  operating_system: ['linux', 'windows'],
  machine: ['q35', 'pc'],
  firmware: ['bios', 'uefi'],
  disk: ['virtio', 'scsi', 'sata', 'ide'],
  media: ['scsi', 'sata', 'ide'],
  network: ['virtio', 'e1000', 'e1000e', 'rtl8139'],
  display: ['vga', 'cirrus', 'qxl', 'virtio', 'none'],
  control: ['vnc'],
  usb: ['nec-xhci', 'xhci', ''],
  tablet: ['usb', 'virtio', ''],
  clock: ['utc', 'localtime'],
} as const satisfies { [K in keyof TemplateBody]?: readonly TemplateBody[K][] }

export type Choice = keyof typeof choices

export const flags = ['hyper_v', 'tpm', 'secure_boot'] as const

export const devices = [
  ...(['machine', 'firmware', 'disk', 'media', 'network', 'display'] as const),
  ...(['control', 'usb', 'tablet', 'clock'] as const),
] as const

/** Paravirtual Linux, as a guest without a template has it. */
export const newTemplate = (): TemplateBody => ({
  name: '',
  admin: 'root',
  system_versions: [],
  operating_system: 'linux',
  machine: 'q35',
  firmware: 'bios',
  disk: 'virtio',
  media: 'scsi',
  network: 'virtio',
  display: 'vga',
  control: 'vnc',
  usb: 'nec-xhci',
  tablet: 'usb',
  clock: 'utc',
  hyper_v: false,
  tpm: false,
  secure_boot: false,
})

const known = <T extends string>(list: readonly [T, ...T[]], value: string): T =>
  list.find((one) => one === value) ?? list[0]

/** A template as a form changes it; a value that this page does not know becomes the default. */
export const bodyOf = (template: Template): TemplateBody => ({
  name: template.name,
  admin: template.admin,
  system_versions: template.system_versions,
  operating_system: known(choices.operating_system, template.operating_system),
  machine: known(choices.machine, template.machine),
  firmware: known(choices.firmware, template.firmware),
  disk: known(choices.disk, template.disk),
  media: known(choices.media, template.media),
  network: known(choices.network, template.network),
  display: known(choices.display, template.display),
  control: known(choices.control, template.control),
  usb: known(choices.usb, template.usb),
  tablet: known(choices.tablet, template.tablet),
  clock: known(choices.clock, template.clock),
  hyper_v: template.hyper_v,
  tpm: template.tpm,
  secure_boot: template.secure_boot,
})

/** Words of `system_version`, separated by commas. */
export const versionsOf = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
