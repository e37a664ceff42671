import type { components } from '../../api/schema.d.ts'
import type { Draft } from './draft.ts'

export type GuestCreate = components['schemas']['GuestCreate']
export type BatchCreate = components['schemas']['BatchCreate']

/** A tag may have spaces. */
const tagsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
  ),
]
const words = (text: string): string[] => text.split(/[\s,;]+/).filter((word) => word !== '')
const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** Below this the API takes a size for MiB; a smaller one is refused, not enlarged. */
const leastBytes = 2 ** 20

const sizeOf = (bytes: number): number => (bytes > 0 && bytes < leastBytes ? 0 : bytes)

/** What is left empty is left out, so that the appliance chooses it. */
function given<K extends string>(key: K, value: string): { [P in K]?: string } {
  const trimmed = value.trim()
  return trimmed === '' ? {} : ({ [key]: trimmed } as { [P in K]?: string })
}

function machineOf(draft: Draft) {
  return {
    owner: draft.owner,
    group: draft.group,
    pool: draft.pool,
    cores: draft.cores,
    memory: sizeOf(draft.memoryBytes),
    disks: draft.diskBytes.map(sizeOf),
    // What boots from a medium is started with it once it is there, see progress.
    auto_start: draft.autoStart && draft.source !== 'media',
    system: draft.template === '' ? draft.system : '',
    system_version: '',
    start_priority: draft.startPriority,
    start_delay: draft.startDelaySeconds,
    ...given('template', draft.template),
    ...(draft.firmware === '' ? {} : { firmware: draft.firmware }),
    ...(draft.source === 'image' ? given('from_image', draft.image) : {}),
    ...given('security_policy_group', draft.policyGroup),
    tags: tagsOf(draft.tags),
    ports: words(draft.ports).map(Number),
    max_io: 0,
    inbound: 0,
    outbound: 0,
    qos: {
      cpu_priority: draft.cpuPriority,
      read_speed: draft.readBytesPerSecond,
      write_speed: draft.writeBytesPerSecond,
      read_iops: draft.readIops,
      write_iops: draft.writeIops,
      receive_speed: draft.receiveBytesPerSecond,
      send_speed: draft.sendBytesPerSecond,
    },
    ...systemOf(draft),
  }
}

function systemOf(draft: Draft) {
  const modules = [...(draft.hasAgent ? ['qemu'] : []), ...(draft.hasCloudInit ? ['cloud-init'] : [])]
  if (!draft.hasCloudInit) return { modules }
  const cloud_init = {
    root_enabled: draft.rootEnabled,
    admin_name: draft.adminName.trim(),
    ...(draft.password === '' ? {} : { admin_secret: draft.password }),
    data_path: draft.dataPath.trim(),
    ssh_keys: lines(draft.sshKeys),
  }
  return { modules, cloud_init }
}

/** The body of POST /guests. */
export const guestRequest = (draft: Draft): GuestCreate => ({
  name: draft.name.trim(),
  ...given('network_address', draft.networkAddress),
  ...given('ethernet_address', draft.ethernetAddress),
  ...machineOf(draft),
})

/** The body of POST /batch/create_guest. */
export const batchRequest = (draft: Draft): BatchCreate => ({
  name_rule: draft.nameRule,
  name_prefix: draft.namePrefix.trim(),
  count: draft.count,
  ...machineOf(draft),
})

/** The first names that the rule makes and the last one; MAC and address are known only when they are chosen. */
export function namePreview({ group, nameRule, namePrefix, count }: Draft): string[] {
  const prefix = namePrefix.trim()
  const named = (rest: string) => `${group}.${prefix === '' ? rest : `${prefix}_${rest}`}`
  if (nameRule === 'MAC') return [named('525400xxxxxx')]
  if (nameRule === 'address') return [named('x.x.x.x')]
  const most = Number.isInteger(count) ? Math.max(0, Math.min(count, 500)) : 0
  const shown = 3
  if (most <= shown + 1) return Array.from({ length: most }, (_, index) => named(String(index)))
  const first = Array.from({ length: shown }, (_, index) => named(String(index)))
  return [...first, '…', named(String(most - 1))]
}

/** What cloud-init tells the guest to call itself; made of the name as the appliance makes it. */
export const hostNameOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
