import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import { lanPools } from '../address-pools/record.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { requireVersion } from '../expected-version.ts'
import type { Speeds } from '../figures/figure.ts'
import type { GuestFigures } from '../figures/guest-figures.ts'
import { settleMs } from '../guests/changes.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Guest } from '../guests/guest.ts'
import { readGuest, readReadyGuest } from '../guests/record.ts'
import { type Ownership, requirePermission } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import {
  instanceMedia,
  instancePower,
  instanceStart,
  type MediaParams,
  type PowerParams,
  requireMedia,
  type StartParams,
} from './power.ts'

export interface InstanceFigures extends Speeds {
  /** Percent of all the guest's cores, between the last two looks. */
  cpuUsage: number
  memoryAvailableBytes: number
  diskAvailableBytes: number
  bytesRead: number
  bytesWritten: number
  bytesReceived: number
  bytesSent: number
}

export interface StartRequest {
  fromMedia: boolean
  fromNetwork: boolean
  /** Id of a media image, or a URI. */
  source?: string
}

export type Instances = ReturnType<typeof createInstances>

/** Running guests: power, media and figures. Defines the tasks that change them. */
export function createInstances(deps: GuestDeps) {
  deps.tasks.define(instanceStart(deps))
  deps.tasks.define(instancePower(deps))
  deps.tasks.define(instanceMedia(deps))
  return {
    async start(op: OperationContext, id: string, request: StartRequest): Promise<Launched> {
      const guest = writable(deps, op, id)
      if (request.fromMedia && request.fromNetwork)
        throw invalid('from_network', 'a guest boots from media or from the network, not from both')
      if (request.source && !request.fromMedia && !request.fromNetwork)
        throw invalid('source', 'source needs from_media or from_network, to say what it is')
      const media = request.fromMedia ? requireSource(request) : null
      const bootUri = request.fromNetwork && request.source ? checkBootUri(request.source) : null
      if (media) requirePermission(op, 'image.read', requireMedia(deps, media))
      if (bootUri) requireBootServer(deps, guest)
      return launch<StartParams>(op, deps.tasks, {
        kind: 'instance.start',
        subject: `guest:${id}`,
        params: {
          id,
          name: guest.name,
          boot: media ? 'media' : request.fromNetwork ? 'network' : 'disk',
          media,
          previousMedia: guest.media,
          bootUri,
        },
        locks: guestAndImage(id, media),
        settleMs,
      })
    },

    async stop(
      op: OperationContext,
      id: string,
      request: { reboot: boolean; force: boolean },
    ): Promise<Launched> {
      const guest = writable(deps, op, id)
      const params = { id, name: guest.name, action: actionOf(request) }
      return launch<PowerParams>(op, deps.tasks, {
        kind: 'instance.power',
        subject: `guest:${id}`,
        params,
        locks: { exclusive: [`guest:${id}`] },
        settleMs,
      })
    },

    insertMedia(op: OperationContext, id: string, media: string): Promise<Launched> {
      const guest = writable(deps, op, id)
      requirePermission(op, 'image.read', requireMedia(deps, media))
      if (guest.media)
        throw new AppError('conflict', `guest '${guest.name}' already has media attached; eject it first`, {
          field: 'source',
        })
      if (!deps.live.running(id))
        throw new AppError(
          'conflict',
          `guest '${guest.name}' must be running to insert media; start it from media instead`,
        )
      return changeMedia(deps, op, guest, media)
    },

    ejectMedia(op: OperationContext, id: string): Promise<Launched> {
      const guest = writable(deps, op, id)
      if (!guest.media) throw new AppError('conflict', `guest '${guest.name}' has no media attached`)
      return changeMedia(deps, op, guest, null)
    },

    /** Live figures of one instance; zeros while it does not run. Also looks at its address. */
    async figures(op: OperationContext, id: string): Promise<InstanceFigures> {
      const guest = readGuest(deps.zone, id)
      requirePermission(op, 'guest.read', guest)
      if (!deps.live.running(id)) return noFigures
      const [figures] = await Promise.all([
        deps.observed.figures.fresh(id),
        deps.observed.look(id, guest.mac),
      ])
      return figuresOf(figures)
    },

    /** What is known of a guest without a look at it; zeros while it does not run. For lists. */
    knownFigures(op: OperationContext, guest: Ownership & { id: string }): InstanceFigures {
      requirePermission(op, 'guest.read', guest)
      return figuresOf(deps.observed.figures.of(guest.id))
    },
  }
}

const noFigures: InstanceFigures = {
  cpuUsage: 0,
  memoryAvailableBytes: 0,
  diskAvailableBytes: 0,
  bytesRead: 0,
  bytesWritten: 0,
  bytesReceived: 0,
  bytesSent: 0,
  readBytesPerSecond: 0,
  writeBytesPerSecond: 0,
  receiveBytesPerSecond: 0,
  sendBytesPerSecond: 0,
}

const figuresOf = (figures: GuestFigures | undefined): InstanceFigures =>
  figures
    ? {
        cpuUsage: figures.cpuUsagePercent,
        memoryAvailableBytes: figures.stats.memoryAvailableBytes,
        diskAvailableBytes: figures.diskAvailableBytes,
        bytesRead: figures.stats.bytesRead,
        bytesWritten: figures.stats.bytesWritten,
        bytesReceived: figures.stats.bytesReceived,
        bytesSent: figures.stats.bytesSent,
        readBytesPerSecond: figures.readBytesPerSecond,
        writeBytesPerSecond: figures.writeBytesPerSecond,
        receiveBytesPerSecond: figures.receiveBytesPerSecond,
        sendBytesPerSecond: figures.sendBytesPerSecond,
      }
    : noFigures

function writable(deps: GuestDeps, op: OperationContext, id: string): Guest {
  const guest = readGuest(deps.zone, id)
  requirePermission(op, 'guest.write', guest)
  requireVersion(guest, op)
  return readReadyGuest(deps.zone, id)
}

function actionOf({ reboot, force }: { reboot: boolean; force: boolean }): PowerParams['action'] {
  if (reboot) return force ? 'reset' : 'reboot'
  return force ? 'destroy' : 'shutdown'
}

function requireSource(request: StartRequest): string {
  if (!request.source) throw invalid('source', 'source is required: the id of a media image')
  return request.source
}

/** What iPXE can load, and nothing that could break out of the script line it is put into. */
function checkBootUri(source: string): string {
  if (source.startsWith('https:'))
    throw invalid('source', 'source must be an http or tftp URI: the iPXE of this host has no https')
  if (!/^(http|tftp):\/\/[\w.:[\]-]+\/[\w./~%+=&?,:@-]*$/.test(source) || source.length > 512)
    throw invalid('source', 'source must be an http or tftp URI of at most 512 characters without blanks')
  return source
}

/** It is our own DHCP server that tells the guest where its boot script lies. */
function requireBootServer({ zone }: GuestDeps, { name, addressPool }: Guest): void {
  const pool = addressPool
    ? zone.db.select().from(schema.addressPool).where(eq(schema.addressPool.name, addressPool)).get()
    : undefined
  if (pool?.provider === 'dhcp' && !lanPools(zone.db).has(pool.name)) return
  throw new AppError(
    'unsupported',
    `guest '${name}' has no address pool with DHCP, which would tell it what to load; leave 'source' out to boot ` +
      'as the DHCP server of its network says',
    { field: 'source' },
  )
}

const guestAndImage = (id: string, media: string | null) => ({
  exclusive: [`guest:${id}`],
  shared: media ? [`image:${media}`] : [],
})

const changeMedia = (deps: GuestDeps, op: OperationContext, guest: Guest, media: string | null) =>
  launch<MediaParams>(op, deps.tasks, {
    kind: 'instance.media',
    subject: `guest:${guest.id}`,
    params: { id: guest.id, name: guest.name, media, previousMedia: guest.media },
    locks: guestAndImage(guest.id, media),
    settleMs,
  })
