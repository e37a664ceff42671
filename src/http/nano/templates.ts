import * as v from 'valibot'
import type { Template, TemplateRequest } from '../../core/templates/template.ts'
import type { Templates } from '../../core/templates/templates.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { timeText } from './guest-wire.ts'

const tag = 'Templates'

const params = v.object({ id: v.string() })
const one = <const T extends readonly [string, ...string[]]>(values: T, description: string) =>
  v.optional(v.pipe(v.picklist(values, `must be one of ${values.join(', ')}`), v.description(description)))
const flag = (description: string) =>
  v.optional(v.pipe(v.boolean('must be true or false'), v.description(description)))
const name = v.pipe(v.string('must be text'), v.description('Unique.'))

const fields = {
  admin: v.optional(v.pipe(v.string(), v.description('User whose password is set where none is named.'))),
  operating_system: one(['linux', 'windows'], 'Family of the guest system.'),
  system_versions: v.optional(
    v.pipe(
      v.array(v.string('must be text'), 'must be a list'),
      v.description('Words of `system_version` in creations that mean this template.'),
    ),
  ),
  machine: one(['q35', 'pc'], 'Chipset; pc for systems that know no PCI Express.'),
  firmware: one(['bios', 'uefi'], 'What boots the guest.'),
  disk: one(['virtio', 'scsi', 'sata', 'ide'], 'Bus of the disks.'),
  media: one(['scsi', 'sata', 'ide'], 'Bus of the removable drive.'),
  network: one(['virtio', 'e1000', 'e1000e', 'rtl8139'], 'Network card.'),
  display: one(['vga', 'cirrus', 'qxl', 'virtio', 'none'], 'Graphics card.'),
  control: one(['vnc'], 'Protocol of the graphical console.'),
  usb: one(['', 'nec-xhci', 'xhci'], 'USB controller; empty for none.'),
  tablet: one(['', 'usb', 'virtio'], 'Pointing device; empty for none.'),
  clock: one(['utc', 'localtime'], 'What the hardware clock shows.'),
  hyper_v: flag('Enlightenments that Windows knows.'),
  tpm: flag('A TPM 2.0.'),
  secure_boot: flag('UEFI secure boot with the keys of Microsoft enrolled.'),
}

const createBody = v.pipe(v.object({ name, ...fields }), v.metadata({ ref: 'TemplateCreate' }))
const modifyBody = v.object({ name: v.optional(name), ...fields })

const reply = v.pipe(
  v.object({
    id: v.string(),
    name: v.string(),
    admin: v.string(),
    operating_system: v.string(),
    system_versions: v.array(v.string()),
    machine: v.string(),
    firmware: v.string(),
    disk: v.string(),
    media: v.string(),
    network: v.string(),
    display: v.string(),
    control: v.string(),
    usb: v.string(),
    tablet: v.string(),
    clock: v.string(),
    hyper_v: v.boolean(),
    tpm: v.boolean(),
    secure_boot: v.boolean(),
    created_time: v.string(),
    modified_time: v.string(),
  }),
  v.metadata({ ref: 'Template' }),
)

/** Left-out ones are left out, so that they stay as they are. */
const given = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>

function request(body: v.InferOutput<typeof modifyBody>): TemplateRequest {
  return {
    ...given({
      name: body.name,
      admin: body.admin,
      system: body.operating_system,
      systemVersions: body.system_versions,
      firmware: body.firmware,
    }),
    hardware: given({
      machine: body.machine,
      diskBus: body.disk,
      mediaBus: body.media,
      nic: body.network,
      display: body.display,
      usb: body.usb === undefined ? undefined : body.usb !== '',
      tablet: body.tablet === '' ? ('none' as const) : body.tablet,
      clock: body.clock,
      hyperV: body.hyper_v,
      tpm: body.tpm,
      secureBoot: body.secure_boot,
    }) as TemplateRequest['hardware'],
  }
}

const element = ({ hardware, ...template }: Template) => ({
  id: template.id,
  name: template.name,
  admin: template.admin,
  operating_system: template.system,
  system_versions: template.systemVersions,
  machine: hardware.machine,
  firmware: template.firmware,
  disk: hardware.diskBus,
  media: hardware.mediaBus,
  network: hardware.nic,
  display: hardware.display,
  control: 'vnc',
  usb: hardware.usb ? 'nec-xhci' : '',
  tablet: hardware.tablet === 'none' ? '' : hardware.tablet,
  clock: hardware.clock,
  hyper_v: hardware.hyperV,
  tpm: hardware.tpm,
  secure_boot: hardware.secureBoot,
  created_time: timeText(template.createdAt),
  modified_time: timeText(template.modifiedAt),
})

const listReply = v.array(
  v.object({
    id: v.string(),
    name: v.string(),
    operating_system: v.string(),
    created_time: v.string(),
    modified_time: v.string(),
  }),
)

export const templateOperations = ({ templates }: { templates: Templates }): Operation[] => [
  operation({
    id: 'template.list',
    method: 'GET',
    path: '/templates',
    summary: 'Profiles of guest systems',
    tag,
    reply: listReply,
    access: 'compute.read',
    handle: (op) => ({
      data: templates.list(op).map((template) => {
        const { id, name, operating_system, created_time, modified_time } = element(template)
        return { id, name, operating_system, created_time, modified_time }
      }),
    }),
  }),
  operation({
    id: 'template.get',
    method: 'GET',
    path: '/templates/:id',
    summary: 'A profile with its devices',
    tag,
    params,
    reply,
    access: 'compute.read',
    handle(op, { params: { id } }) {
      const template = templates.get(op, id)
      return { data: element(template), headers: etag(template.version) }
    },
  }),
  operation({
    id: 'template.create',
    method: 'POST',
    path: '/templates',
    summary: 'Make a profile',
    tag,
    body: createBody,
    reply: v.object({ id: v.string() }),
    access: 'compute.write',
    async handle(op, { body }) {
      const made = await templates.create(op, { ...request(body), name: body.name })
      return op.dryRun ? changed(op, made) : { data: { id: made.id } }
    },
  }),
  operation({
    id: 'template.modify',
    method: 'PUT',
    path: '/templates/:id',
    summary: 'Change a profile; what is left out stays, and so do the guests made by it',
    tag,
    params,
    body: modifyBody,
    access: 'compute.write',
    async handle(op, { params: { id }, body }) {
      return changed(op, await templates.modify(op, id, request(body)))
    },
  }),
  operation({
    id: 'template.delete',
    method: 'DELETE',
    path: '/templates/:id',
    summary: 'Delete a profile that no guest names',
    tag,
    params,
    access: 'compute.write',
    async handle(op, { params: { id } }) {
      return changed(op, await templates.remove(op, id))
    },
  }),
]
