import * as v from 'valibot'
import type { HypervisorFacts } from '../../core/hypervisor.ts'
import type { Setup } from '../../core/identity/setup.ts'
import type { Settings } from '../../core/settings/settings.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { text, texts, whole } from './identity-schemas.ts'

const tag = 'System'

interface SystemServices {
  setup: Setup
  settings: Settings
  /** Undefined until the hypervisor has answered. */
  facts: { known(): HypervisorFacts | undefined }
  stateDisk: { refusal(): string | undefined }
}

export const systemOperations = ({ setup, settings, facts, stateDisk }: SystemServices): Operation[] => [
  operation({
    id: 'system.get',
    method: 'GET',
    path: '/system',
    summary: 'Whether the first administrator exists, how large a guest may be, and how guests run',
    tag,
    reply: v.object({
      ready: v.pipe(v.boolean(), v.description('False until the first administrator was made.')),
      max_cores: whole('The most cores of a guest.'),
      max_memory: whole('The most memory of a guest, in GiB.'),
      max_disk: whole('The largest disk of a guest, in GiB.'),
      accelerator: v.pipe(
        v.nullable(v.picklist(['kvm', 'tcg'])),
        v.description(
          'How guests run: `kvm`, or `tcg`, emulation many times slower. Null until the hypervisor has answered.',
        ),
      ),
      accelerator_reason: text('Why KVM is not used; empty with KVM.'),
      read_only: v.pipe(
        v.boolean(),
        v.description('True while changes are refused because the disk of the record is full.'),
      ),
    }),
    access: 'public',
    handle: () => ({
      data: {
        ready: !setup.needed(),
        max_cores: settings.get('guest.max_cores'),
        max_memory: settings.get('guest.max_memory_gib'),
        max_disk: settings.get('guest.max_disk_gib'),
        accelerator: facts.known()?.accelerator ?? null,
        accelerator_reason: facts.known()?.acceleratorReason ?? '',
        read_only: stateDisk.refusal() !== undefined,
      },
    }),
  }),
  operation({
    id: 'system.setup',
    method: 'POST',
    path: '/system',
    summary: 'Make the first administrator, with the code that the appliance printed at its start',
    tag,
    body: v.object({
      code: text('One-time set-up code; the console and the log of the appliance show it.'),
      user: text('Name of the administrator.'),
      password: text('At least as long as the setting `password.min_length` says.'),
      menu: v.optional(texts('Menu of the role; left out, it stays.')),
      group: v.optional(text('Group of the administrator, `manager` when left out.')),
      display: v.optional(text('Name of a new group for people.')),
      role: v.optional(text('Role of the group, `manager` when left out; a new one may do everything.')),
    }),
    access: 'public',
    async handle(op, { body: { code, ...request } }) {
      return changed(op, await setup.complete(op, code, request))
    },
  }),
]
