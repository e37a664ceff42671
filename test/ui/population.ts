// A small data centre with names as people give them, made through the API.
import { Buffer } from 'node:buffer'
import { qcow2Magic, SimulatedVolumes } from '../../src/drivers/simulated/volumes.ts'
import type { Answer, Call } from '../support/appliance.ts'
import type { UiAppliance } from './appliance.ts'

const gibibyte = 2 ** 30
const mebibyte = 2 ** 20

export const administrator = { user: 'admin', password: 'correct horse battery' }

/** Beside the administrator; all have the password `<name> goes to work`. */
export const colleagues = {
  lena: { group: 'platform', role: 'user' },
  tomas: { group: 'data', role: 'user' },
  audrey: { group: 'audit', role: 'auditor' },
  martin: { group: 'upkeep', role: 'maintainer' },
} as const satisfies Record<string, { group: string; role: string }>

export type Person = 'admin' | keyof typeof colleagues

export const passwordOf = (person: Person): string =>
  person === 'admin' ? administrator.password : `${person} goes to work`

interface Wanted {
  name: string
  state?: 'running' | 'paused' | 'crashed'
  group?: 'platform' | 'data'
  cores?: number
  memory?: number
  disks?: number[]
  more?: Record<string, unknown>
}

/** In several states; what is not said is stopped. */
const wanted: readonly Wanted[] = [
  { name: 'web-01', state: 'running', more: { ports: [80, 443] } },
  { name: 'web-02', state: 'running', more: { ports: [80, 443] } },
  { name: 'web-03' },
  {
    name: 'db-primary',
    state: 'running',
    group: 'data',
    cores: 4,
    memory: 8 * gibibyte,
    disks: [20 * gibibyte, 200 * gibibyte],
  },
  {
    name: 'db-replica',
    state: 'running',
    group: 'data',
    cores: 4,
    memory: 8 * gibibyte,
    disks: [20 * gibibyte, 200 * gibibyte],
  },
  { name: 'cache-01', state: 'running', group: 'data', memory: 4 * gibibyte },
  { name: 'build-runner', state: 'paused', cores: 4, memory: 6 * gibibyte },
  { name: 'mail-gateway', state: 'crashed' },
  {
    name: 'backup-nightly',
    state: 'running',
    group: 'data',
    disks: [20 * gibibyte, 80 * gibibyte],
    more: { auto_start: true },
  },
  {
    name: 'desk-windows',
    cores: 4,
    memory: 8 * gibibyte,
    disks: [64 * gibibyte],
    more: { system: 'windows', system_version: 'win10', firmware: 'uefi' },
  },
  { name: 'monitor', state: 'running' },
  { name: 'dns-01', state: 'running', cores: 1, memory: 512 * mebibyte },
]

export interface PopulationOptions {
  /** Default 12; more are `app-001`… and are stopped. */
  guests?: number
  /** A task that could not be undone and waits for a person: the creation of `legacy-erp`. */
  stuckTask?: boolean
  /** The storage pool `archive`, of which 1 % is free. */
  fullPool?: boolean
  /** A volume on the pool `local` that nobody owns, and one in quarantine. */
  strayVolumes?: boolean
  /** Half of an image, `fedora-41`. */
  upload?: boolean
  /** The snapshots of `db-primary`: `before-upgrade` → `upgraded` → `tuned`, and `experiment` beside `upgraded`. */
  snapshots?: boolean
}

export interface Population {
  /** Ids of guests by name. */
  guests: Record<string, string>
  /** Ids of images by name. */
  images: Record<string, string>
  /** Of the stuck task, where one was asked for. */
  stuckTask?: string
  /** Of the upload, where one was asked for. */
  upload?: string
}

/** Everything by the administrator `admin`, who is made first. */
export async function populate(
  target: UiAppliance,
  call: Call,
  options: PopulationOptions,
): Promise<Population> {
  await makePeople(call)
  const images = await makeImages(call)
  const guests = await makeGuests(target, call, { images, count: options.guests ?? wanted.length })
  const population: Population = { guests, images }
  await makePolicies(call)
  if (options.snapshots !== false) await makeSnapshots(target, call, guests)
  if (options.fullPool) await makeFullPool(target, call)
  if (options.strayVolumes) await makeStrayVolumes(target, call)
  if (options.upload) population.upload = await beginUpload(call)
  if (options.stuckTask) population.stuckTask = await makeStuckTask(target, call)
  return population
}

/** Answers that are no success are errors of the stage. */
export async function must(answering: Promise<Answer>): Promise<Answer> {
  const answer = await answering
  if (answer.status >= 300) throw new Error(`the stage was refused: ${answer.status} ${answer.text}`)
  return answer
}

/** Until the task that the answer names has ended well. */
export async function done({ world }: UiAppliance, answering: Promise<Answer>): Promise<Answer> {
  const answer = await must(answering)
  const id = answer.headers.get('nacelle-task')
  if (!id) return answer
  const task = await world.appliance.tasks.wait(id, 20_000)
  if (task.state !== 'done')
    throw new Error(`the stage's task '${task.title}' ${task.state}: ${task.error?.message}`)
  return answer
}

const idOf = (answer: Answer) => (answer.data as { id: string }).id

async function makePeople(call: Call): Promise<void> {
  for (const [name, { group, role }] of Object.entries(colleagues)) {
    await must(call('POST', `/user_groups/${group}`, { display: '', role: [role] }))
    const password = passwordOf(name as Person)
    await must(call('POST', `/users/${name}`, { password, nick: '', mail: `${name}@example.org` }))
    await must(call('POST', `/user_groups/${group}/members/${name}`))
  }
}

async function makeImages(call: Call): Promise<Record<string, string>> {
  const images: Record<string, string> = {}
  const make = async (kind: 'disk' | 'media', name: string, tags: string[]) => {
    const body = { name, owner: 'admin', group: 'manager', description: '', tags }
    const id = idOf(await must(call('POST', `/${kind}_images/`, body)))
    const content = kind === 'media' ? Buffer.alloc(700 * 1024, 1) : qcow2Of(4 * gibibyte)
    await must(call('POST', `/${kind}_image_files/${id}`, content))
    images[name] = id
  }
  await make('disk', 'debian-12', ['linux', 'stable'])
  await make('disk', 'ubuntu-24.04', ['linux', 'lts'])
  await make('media', 'debian-12-netinst', ['linux', 'installer'])
  await make('media', 'virtio-win', ['windows', 'drivers'])
  return images
}

/** A header is what is looked at. */
function qcow2Of(sizeBytes: number): Buffer {
  const content = Buffer.alloc(300 * 1024)
  qcow2Magic.copy(content)
  content.writeBigUInt64BE(BigInt(sizeBytes), 24)
  return content
}

interface Making {
  images: Record<string, string>
  count: number
}

async function makeGuests(
  target: UiAppliance,
  call: Call,
  { images, count }: Making,
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {}
  const more = Array.from(
    { length: Math.max(0, count - wanted.length) },
    (_, n): Wanted => ({
      name: `app-${String(n + 1).padStart(3, '0')}`,
    }),
  )
  for (const guest of [...wanted.slice(0, count), ...more]) {
    const id = idOf(await done(target, call('POST', '/guests/', bodyOf(guest, images))))
    ids[guest.name] = id
    if (guest.state) await bringTo(target, call, { id, state: guest.state })
  }
  return ids
}

function bodyOf(
  { name, group, cores = 2, memory = 2 * gibibyte, disks, more }: Wanted,
  images: Making['images'],
) {
  const fromImage = more?.['system'] === 'windows' ? {} : { from_image: images['debian-12'] }
  return {
    ...{ name, cores, memory, disks: disks ?? [20 * gibibyte], pool: 'default', auto_start: false },
    ...{ owner: group === 'data' ? 'tomas' : 'lena', group: group ?? 'platform', system: 'linux' },
    ...{ modules: ['qemu', 'cloud-init'], cloud_init: { admin_name: 'ops', ssh_keys: [] } },
    ...fromImage,
    ...more,
  }
}

async function bringTo(
  target: UiAppliance,
  call: Call,
  { id, state }: { id: string; state: NonNullable<Wanted['state']> },
): Promise<void> {
  const { hypervisor, appliance } = target.world
  if ((await hypervisor.state(id)) !== 'running') await done(target, call('POST', `/instances/${id}`, {}))
  if (state === 'paused') hypervisor.world.diskFails(id, [])
  if (state === 'crashed') hypervisor.world.guestCrashes(id)
  await appliance.live.look(id)
}

async function makePolicies(call: Call): Promise<void> {
  const body = { name: 'web', description: 'What the public may reach', user: 'lena', group: 'platform' }
  const more = { enabled: true, global: true, default_action: 'reject' }
  const id = idOf(await must(call('POST', '/security_policy_groups/', { ...body, ...more })))
  for (const to_port of [80, 443, 22]) {
    const from = to_port === 22 ? { from_address: '192.0.2.0/24' } : {}
    const rule = { action: 'accept', protocol: 'tcp', to_port, ...from }
    await must(call('POST', `/security_policy_groups/${id}/rules/`, rule))
  }
}

async function makeSnapshots(target: UiAppliance, call: Call, guests: Record<string, string>): Promise<void> {
  const id = guests['db-primary']
  if (id === undefined) return
  const path = `/instances/${id}/snapshots/`
  const take = (name: string, description: string) => done(target, call('POST', path, { name, description }))
  await done(target, call('DELETE', `/instances/${id}`, { force: true }))
  await take('before-upgrade', 'PostgreSQL 15, before the upgrade to 16')
  await take('experiment', 'With the new index')
  await done(target, call('PUT', path, { target: 'before-upgrade' }))
  await take('upgraded', 'PostgreSQL 16')
  await take('tuned', 'Shared buffers at 2 GiB')
  await done(target, call('POST', `/instances/${id}`, {}))
}

async function makeFullPool(target: UiAppliance, call: Call): Promise<void> {
  const totalBytes = 100 * mebibyte
  const volumes = new SimulatedVolumes({ totalBytes })
  const used = { virtualSizeBytes: totalBytes, parent: null, modifiedAt: Date.now() }
  volumes.inUse.set('dump-2019.raw', { ...used, content: Buffer.alloc(99 * mebibyte) })
  target.volumes.set('archive', volumes)
  await must(call('POST', '/storage_pools/archive', { type: 'dir', target: '/srv/archive' }))
}

async function makeStrayVolumes(target: UiAppliance, call: Call): Promise<void> {
  const content = Buffer.alloc(3 * mebibyte)
  const shape = { virtualSizeBytes: 8 * gibibyte, parent: null, modifiedAt: Date.now() - 86_400_000 }
  target.world.volumes.inUse.set('old-wiki.qcow2', { ...shape, content })
  const id = idOf(await done(target, call('POST', '/guests/', bodyOf({ name: 'retired-ci' }, {}))))
  await done(target, call('DELETE', `/guests/${id}`, {}))
  await must(call('POST', '/reconcilers/volumes'))
}

async function beginUpload(call: Call): Promise<string> {
  const body = { name: 'fedora-41', owner: 'admin', group: 'manager', description: '', tags: ['linux'] }
  const image = idOf(await must(call('POST', '/disk_images/', body)))
  const size = 2 * mebibyte
  const id = idOf(await must(call('POST', '/uploads/', { image, size })))
  const headers = { 'upload-offset': '0', 'content-type': 'application/octet-stream' }
  await must(call('PATCH', `/uploads/${id}`, qcow2Of(gibibyte), headers))
  return id
}

/** Its start fails, and then its undo: only a person can say what becomes of it. */
async function makeStuckTask(target: UiAppliance, call: Call): Promise<string> {
  const { hypervisor, appliance } = target.world
  const before = hypervisor.world.fault
  hypervisor.world.fault = (name, args) => {
    const named = JSON.stringify(args).includes('legacy-erp')
    if (name === 'start' && named)
      throw new Error('internal error: process exited while connecting to monitor')
    if (name === 'undefine' || name === 'destroy')
      throw new Error('Timed out during operation: cannot acquire lock')
  }
  const body = bodyOf({ name: 'legacy-erp', more: { auto_start: true } }, {})
  const answer = await must(call('POST', '/guests/', body))
  const task = await appliance.tasks.wait(answer.headers.get('nacelle-task') ?? '', 20_000)
  hypervisor.world.fault = before
  if (task.state !== 'stuck') throw new Error(`the task was to be stuck, and is ${task.state}`)
  return task.id
}
