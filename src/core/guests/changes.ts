import { randomBytes } from 'node:crypto'
import { and, eq, isNotNull } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { OperationContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { requireVersion } from '../expected-version.ts'
import type { Adjustable } from '../hypervisor.ts'
import { requirePermission } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import type { GuestDeps } from './deps.ts'
import type { Guest, GuestQos } from './guest.ts'
import { roomToGrow } from './hardware.ts'
import type { ModifyParams } from './modify.ts'
import { checkNameFree } from './names.ts'
import { newGuestVolume } from './new-volume.ts'
import { checkImage } from './plan-image.ts'
import { readGuest, readVolume } from './record.ts'
import { type ResetParams, systemDisk } from './reset-system.ts'
import { checkLarger, diskOf, type ResizeParams } from './resize-disk.ts'
import {
  checkCores,
  checkDiskSize,
  checkGuestTags,
  checkMemory,
  checkName,
  checkQos,
  checkStart,
} from './rules.ts'
import type { ShrinkParams } from './shrink-disk.ts'

/** Most tasks on a guest end within this time, and then their outcome is the answer. */
export const settleMs = 30_000

export type DiskRates = Omit<GuestQos, 'cpuPriority' | keyof NetworkRates>
export type NetworkRates = Pick<GuestQos, 'receiveBytesPerSecond' | 'sendBytesPerSecond'>

/** Changes of a guest's definition, and of its instance where that can follow. */
export function createGuestChanges(deps: GuestDeps) {
  const writable = (op: OperationContext, id: string) => writableGuest(deps, op, id)
  const setQos = (op: OperationContext, id: string, values: Partial<GuestQos>, respect: Adjustable) => {
    const guest = writable(op, id)
    const qos = { ...guest.qos, ...values }
    checkQos(qos)
    return modify(deps, op, guest, { what: describeQos(values), after: { qos }, adjust: [respect] })
  }
  return {
    /** With `immediate` the running instance gets them at once, as far as it was started with room to. */
    setCores(op: OperationContext, id: string, { cores, immediate }: { cores: number; immediate: boolean }) {
      const guest = writable(op, id)
      checkCores(cores, deps.limits())
      const { maxCores } = roomToGrow({ ...guest, cores }, deps.limits())
      return modify(deps, op, guest, {
        what: `cores ${cores}`,
        after: { cores, maxCores },
        adjust: immediate ? ['cores'] : [],
      })
    },

    setMemory(op: OperationContext, id: string, request: { memoryBytes: number; immediate: boolean }) {
      const guest = writable(op, id)
      const { memoryBytes, immediate } = request
      checkMemory(memoryBytes, deps.limits())
      const { maxMemoryBytes } = roomToGrow({ ...guest, memoryBytes }, deps.limits())
      return modify(deps, op, guest, {
        what: `memory ${memoryBytes} bytes`,
        after: { memoryBytes, maxMemoryBytes },
        adjust: immediate ? ['memory'] : [],
      })
    },

    /** The guest's own `group.` prefix is accepted and stripped: the original's portal sends it. */
    rename(op: OperationContext, id: string, wanted: string): Promise<Launched> {
      const guest = writable(op, id)
      const prefix = `${guest.group}.`
      const name = wanted.startsWith(prefix) ? wanted.slice(prefix.length) : wanted
      checkName(name, guest.group)
      if (name !== guest.name) checkNameFree(deps, guest.group, name)
      checkNoMemory(deps, guest)
      return modify(deps, op, guest, { what: `name ${name}`, after: { name }, stopped: true })
    },

    /** What is left out stays. */
    setAutoStart(
      op: OperationContext,
      id: string,
      wanted: { enable: boolean; startPriority?: number; startDelaySeconds?: number },
    ) {
      const guest = writable(op, id)
      const after = {
        autoStart: wanted.enable,
        startPriority: wanted.startPriority ?? guest.startPriority,
        startDelaySeconds: wanted.startDelaySeconds ?? guest.startDelaySeconds,
      }
      checkStart(after)
      return modify(deps, op, guest, { what: `start with the host ${wanted.enable ? 'on' : 'off'}`, after })
    },

    /** In place of those that it has; a word that comes twice is kept once. */
    setTags(op: OperationContext, id: string, wanted: readonly string[]) {
      const guest = writable(op, id)
      checkGuestTags(wanted)
      const tags = [...new Set(wanted)]
      return modify(deps, op, guest, { what: describeTags(tags), after: { tags } })
    },

    setCpuPriority: (op: OperationContext, id: string, cpuPriority: GuestQos['cpuPriority']) =>
      setQos(op, id, { cpuPriority }, 'cpuPriority'),

    /** What is left out stays; 0 takes a limit away. */
    setDiskRates: (op: OperationContext, id: string, rates: Partial<DiskRates>) =>
      setQos(op, id, onlyGiven(rates), 'diskRates'),

    setNetworkRates: (op: OperationContext, id: string, rates: Partial<NetworkRates>) =>
      setQos(op, id, onlyGiven(rates), 'networkRates'),

    /** Bytes; larger than now. With `immediate` also while the instance runs. */
    resizeDisk(
      op: OperationContext,
      id: string,
      { index, sizeBytes, immediate }: { index: number; sizeBytes: number; immediate: boolean },
    ): Promise<Launched> {
      const guest = writable(op, id)
      const disk = diskOf(guest, index)
      checkDiskSize(sizeBytes, 'size', deps.limits())
      checkLarger(disk, sizeBytes)
      const beforeBytes = disk.sizeBytes
      const params = { id, name: guest.name, index, beforeBytes, sizeBytes, immediate }
      return launchOn<ResizeParams>(deps, op, { kind: 'guest.disk.resize', params })
    },

    shrinkDisk(op: OperationContext, id: string, request: { index: number; immediate: boolean }) {
      const guest = writable(op, id)
      diskOf(guest, request.index)
      const params = { id, name: guest.name, ...request }
      return launchOn<ShrinkParams>(deps, op, { kind: 'guest.disk.shrink', params })
    },

    /** A fresh clone of an image in the place of the system disk. */
    resetSystem(op: OperationContext, id: string, fromImage: string): Promise<Launched> {
      const guest = writable(op, id)
      const { volume, sizeBytes } = systemDisk(guest)
      const storage = readVolume(deps.zone, volume).pool
      const { image, parent, claim } = checkImage(deps, op, {
        image: fromImage,
        systemBytes: sizeBytes,
        storage,
      })
      const params = {
        id,
        name: guest.name,
        imageName: image.name,
        previous: volume,
        imageCopy: claim,
        volume: newGuestVolume({
          guest: id,
          pool: storage,
          kind: 'disk',
          format: deps.store(storage).capabilities.diskFormat,
          sizeBytes,
          parent,
          createdAt: deps.now(),
        }),
      }
      return launchOn<ResetParams>(deps, op, {
        kind: 'guest.system.reset',
        params,
        shared: [`image:${image.id}`],
        settleMs: 0,
      })
    },

    /** A new secret for the console; a viewer with the old one keeps its connection, but cannot come back. */
    renewMonitorSecret(op: OperationContext, id: string): Promise<Launched> {
      const guest = readGuest(deps.zone, id)
      requirePermission(op, 'guest.secret', guest)
      requireVersion(guest, op)
      const monitorSecret = deps.secrets.encrypt(newMonitorSecret(), `guest:${id}:monitor`)
      return modify(deps, op, guest, {
        what: 'a new monitor secret',
        after: { monitorSecret },
        adjust: ['display'],
      })
    },
  }
}

/** VNC compares eight characters and no more. */
export const newMonitorSecret = (): string => randomBytes(6).toString('base64url')

export function writableGuest(deps: GuestDeps, op: OperationContext, id: string): Guest {
  const guest = readGuest(deps.zone, id)
  requirePermission(op, 'guest.write', guest)
  requireVersion(guest, op)
  return guest
}

const onlyGiven = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>

const describeQos = (values: Partial<GuestQos>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'no limit'

/** Twenty long ones would not fit the title of a task. */
function describeTags(tags: readonly string[]): string {
  if (tags.length === 0) return 'no tags'
  const named = `tags ${tags.join(', ')}`
  return named.length <= 120 ? named : `${tags.length} tags`
}

/** Libvirt resumes a saved memory only under the name that the guest had then. */
function checkNoMemory(deps: GuestDeps, guest: Guest): void {
  const kept = deps.zone.db
    .select({ name: schema.snapshot.name })
    .from(schema.snapshot)
    .where(and(eq(schema.snapshot.guest, guest.id), isNotNull(schema.snapshot.memory)))
    .limit(1)
    .get()
  if (kept)
    throw new AppError(
      'conflict',
      `guest '${guest.name}' has the snapshot '${kept.name}' with memory, which can be resumed under this name only; delete the snapshot first`,
      { field: 'name' },
    )
}

interface Modification {
  what: string
  after: Partial<Guest>
  stopped?: boolean
  adjust?: Adjustable[]
}

function modify(
  deps: GuestDeps,
  op: OperationContext,
  guest: Guest,
  { what, after, stopped = false, adjust = [] }: Modification,
): Promise<Launched> {
  const keys = Object.keys(after) as (keyof Guest)[]
  const before = Object.fromEntries(keys.map((key) => [key, guest[key]]))
  const params = { id: guest.id, name: guest.name, what, before, after, stopped, adjust }
  return launchOn<ModifyParams>(deps, op, { kind: 'guest.modify', params })
}

interface GuestLaunch<P> {
  kind: string
  params: P
  shared?: string[]
  settleMs?: number
}

const launchOn = <P extends { id: string }>(
  deps: GuestDeps,
  op: OperationContext,
  { kind, params, shared = [], settleMs: patienceMs = settleMs }: GuestLaunch<P>,
): Promise<Launched> =>
  launch<P>(op, deps.tasks, {
    kind,
    subject: `guest:${params.id}`,
    params,
    locks: { exclusive: [`guest:${params.id}`], shared },
    settleMs: patienceMs,
  })
