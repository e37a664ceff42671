import type { Draft, DraftKind } from './draft.ts'

/** The wizard's steps, in their order; each has its own address. */
export const steps = ['source', 'identity', 'size', 'network', 'system', 'limits', 'review'] as const
export type StepId = (typeof steps)[number]

const stepOfRoot: Readonly<Record<string, StepId>> = {
  from_image: 'source',
  media: 'source',
  template: 'source',
  system: 'source',
  system_version: 'source',
  firmware: 'source',
  name: 'identity',
  name_rule: 'identity',
  name_prefix: 'identity',
  count: 'identity',
  owner: 'identity',
  group: 'identity',
  pool: 'identity',
  tags: 'identity',
  cores: 'size',
  memory: 'size',
  disks: 'size',
  network_address: 'network',
  ethernet_address: 'network',
  ports: 'network',
  security_policy_group: 'network',
  modules: 'system',
  cloud_init: 'system',
  qos: 'limits',
  max_io: 'limits',
  inbound: 'limits',
  outbound: 'limits',
  cpu_priority: 'limits',
  auto_start: 'limits',
  start_priority: 'limits',
  start_delay: 'limits',
}

/** `disks[0]` and `cloud_init.admin_name` belong to `disks` and `cloud_init`. */
export const rootOf = (field: string): string => field.split(/[.[]/)[0] ?? field

/** Which step has a field that the appliance names; undefined where none has. */
export const stepOf = (field: string): StepId | undefined => stepOfRoot[rootOf(field)]

export type Missing = 'image' | 'media' | 'name' | 'namePrefix' | 'pool' | 'group' | 'owner'

/** What a step cannot be left without, by the field's name. */
export function missingOn(step: StepId, draft: Draft, kind: DraftKind): Record<string, Missing> {
  if (step === 'source') {
    if (draft.source === 'image' && draft.image === '') return { from_image: 'image' }
    if (draft.source === 'media' && draft.media === '') return { media: 'media' }
  }
  if (step !== 'identity') return {}
  const nameIsMissing = kind === 'guest' && draft.name.trim() === ''
  const prefixIsMissing = kind === 'batch' && draft.nameRule === 'order' && draft.namePrefix.trim() === ''
  return {
    ...(nameIsMissing ? { name: 'name' as const } : {}),
    ...(prefixIsMissing ? { name_prefix: 'namePrefix' as const } : {}),
    ...(draft.pool === '' ? { pool: 'pool' as const } : {}),
    ...(draft.group === '' ? { group: 'group' as const } : {}),
    ...(draft.owner === '' ? { owner: 'owner' as const } : {}),
  }
}

export const isWhole = (draft: Draft, kind: DraftKind): boolean =>
  steps.every((step) => Object.keys(missingOn(step, draft, kind)).length === 0)
