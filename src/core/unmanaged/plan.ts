import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import { canonicalMac, generateMac } from '../address-pools/mac.ts'
import { AppError, invalid } from '../errors.ts'
import { pickAddress } from '../guests/address.ts'
import { newMonitorSecret } from '../guests/changes.ts'
import { cardSource } from '../guests/connection.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { type Guest, unlimitedQos, type Volume } from '../guests/guest.ts'
import { checkHardware, roomToGrow } from '../guests/hardware.ts'
import { checkNameFree } from '../guests/names.ts'
import { newGuestVolume } from '../guests/new-volume.ts'
import { findGuest } from '../guests/record.ts'
import { checkCores, checkDiskSize, checkMemory, checkName } from '../guests/rules.ts'
import type { AdoptParams } from './adopt.ts'
import type { FoundDomain } from './found-domain.ts'
import type { LaidDisk } from './lay-disks.ts'
import { nvramPlace, survey } from './survey.ts'
import type { UnmanagedGuest } from './unmanaged.ts'

export interface AdoptRequest {
  owner: string
  group: string
  /** The domain's own when left out. */
  name?: string
  /** Compute pool; the one of this cell when left out. */
  pool?: string
  /** Its card may be plugged into the network of the compute pool, from its next start on. */
  reconnect: boolean
}

type ComputePool = typeof schema.computePool.$inferSelect

/** Checks everything, and chooses everything that a repeat must choose the same. Throws naming all that stands in the way. */
export async function planAdoption(deps: GuestDeps, id: string, request: AdoptRequest): Promise<AdoptParams> {
  if (findGuest(deps.zone, id)) throw new AppError('conflict', `'${id}' is a guest of Nacelle already`)
  const found = await survey(deps, id)
  if (found.refusals.length > 0)
    throw new AppError('conflict', `domain '${found.name}' cannot be adopted: ${found.refusals.join('; ')}`, {
      details: { refusals: found.refusals },
    })
  const name = nameOf(found, request)
  checkRequest(deps, found, { ...request, name })
  const pool = readPool(deps, request.pool)
  const volumes = found.laid.map((disk) => volumeOf(deps, id, disk))
  const nvram = nvramOf(deps, found)
  const guest = guestRow(deps, found, { ...request, name, pool, volumes, nvram: nvram?.row.id ?? null })
  const connected = checkCard(deps, found, { guest, pool, reconnect: request.reconnect })
  return {
    guest,
    domainName: found.name,
    volumes,
    previous: found.laid.flatMap(({ volume }) => volume ?? []),
    nvram,
    wantedAddress: connected ? await leasedAddress(deps, pool, guest.mac) : null,
    mapped: pool.networkMode === 'mono',
    autoStart: found.autoStart,
    changes: found.changes,
  }
}

/** A group's prefix is taken off, as with a rename. */
function nameOf(found: FoundDomain, { name = found.name, group }: AdoptRequest): string {
  const prefix = `${group}.`
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}

function checkRequest(
  deps: GuestDeps,
  found: UnmanagedGuest,
  request: AdoptRequest & { name: string },
): void {
  const { db } = deps.zone
  const limits = deps.limits()
  checkName(request.name, request.group)
  if (!db.select().from(schema.user).where(eq(schema.user.name, request.owner)).get())
    throw new AppError('not_found', `there is no user '${request.owner}'`, { field: 'owner' })
  if (!db.select().from(schema.userGroup).where(eq(schema.userGroup.name, request.group)).get())
    throw new AppError('not_found', `there is no user group '${request.group}'`, { field: 'group' })
  checkNameFree(deps, request.group, request.name)
  checkCores(found.cores, limits)
  checkMemory(found.memoryBytes, limits)
  for (const [index, { sizeBytes }] of found.laid.entries())
    checkDiskSize(sizeBytes, `disks[${index}]`, limits)
  checkHardware(deps, { hardware: found.hardware, firmware: found.firmware, disks: found.disks.length })
}

function readPool({ zone, cell }: GuestDeps, wanted: string | undefined): ComputePool {
  const name =
    wanted ?? zone.db.select().from(schema.cell).where(eq(schema.cell.name, cell)).get()?.pool ?? undefined
  if (name === undefined)
    throw invalid('pool', `cell '${cell}', on which the domain is, belongs to no compute pool: add it to one`)
  const pool = zone.db.select().from(schema.computePool).where(eq(schema.computePool.name, name)).get()
  if (!pool) throw new AppError('not_found', `there is no compute pool '${name}'`, { field: 'pool' })
  return pool
}

/** What is there is ready from the beginning: whatever is unfinished in the record would be removed one day. */
function volumeOf(deps: GuestDeps, guest: string, disk: LaidDisk): Omit<Volume, 'version'> {
  const { pool, name, volume, parent, sizeBytes } = disk
  return {
    id: volume?.id ?? randomUUID(),
    pool: pool ?? '',
    name,
    kind: 'disk',
    state: 'ready',
    ownerKind: 'guest',
    owner: guest,
    format: disk.format === 'qcow2' ? 'qcow2' : 'raw',
    sizeBytes,
    parent,
    hidden: false,
    quarantinedAt: null,
    createdAt: volume?.createdAt ?? deps.now(),
  }
}

/** Variables on a pool stay there; others are copied, and what they were copied from stays as it is. */
function nvramOf(deps: GuestDeps, found: UnmanagedGuest): AdoptParams['nvram'] {
  if (found.firmware !== 'uefi') return null
  const storage = found.laid[0]?.pool ?? ''
  const place = found.nvramPath === null ? undefined : nvramPlace(deps, found.nvramPath)
  const pool = place?.pool ?? deps.filePool(storage)
  const row = newGuestVolume({ guest: found.id, pool, kind: 'nvram', createdAt: deps.now() })
  if (place) return { row: { ...row, name: place.name, state: 'ready' }, from: null }
  const { secureBoot } = found.hardware
  const template = secureBoot ? deps.facts.secureNvramTemplate : deps.facts.nvramTemplate
  const from = found.nvramPath ?? template
  if (from === undefined)
    throw new AppError('unsupported', 'this host has no UEFI firmware: install the package ovmf')
  return { row, from }
}

interface Chosen extends Pick<AdoptRequest, 'owner' | 'group'> {
  name: string
  pool: ComputePool
  volumes: readonly Omit<Volume, 'version'>[]
  nvram: string | null
}

function guestRow(deps: GuestDeps, found: FoundDomain, chosen: Chosen): Omit<Guest, 'version'> {
  const { id, cores, memoryBytes, machine, firmware, hardware } = found
  const { name, group, owner, pool, volumes, nvram } = chosen
  const taken = (mac: string) =>
    deps.zone.db.select({ id: schema.guest.id }).from(schema.guest).where(eq(schema.guest.mac, mac)).get() !==
    undefined
  return {
    ...{ id, name, group, owner, pool: pool.name, cell: deps.cell, epoch: 1, state: 'creating' },
    ...{ cores, memoryBytes, machine, firmware, hardware, nvram },
    disks: volumes.map(({ id: volume, sizeBytes }, index) => ({ index, volume, sizeBytes })),
    system: hardware.hyperV ? 'windows' : 'linux',
    systemVersion: '',
    template: null,
    ...roomToGrow(found, deps.limits()),
    seed: null,
    autoStart: found.autoStart,
    startPriority: 50,
    startDelaySeconds: 0,
    mac: canonicalMac(found.cards[0]?.mac ?? generateMac(taken)),
    addressPool: pool.network,
    ...{
      address: null,
      externalAddress: null,
      modules: [],
      tags: [],
      cloudInit: null,
      adminSecret: null,
      adminName: null,
    },
    monitorSecret: deps.secrets.encrypt(newMonitorSecret(), `guest:${id}:monitor`),
    qos: unlimitedQos,
    ports: [],
    securityPolicyGroup: null,
    securityPolicy: { defaultAction: null, rules: [] },
    ...{ media: null, snapshot: null, createdAt: deps.now(), modifiedAt: deps.now() },
  }
}

/** Whether the card is plugged into what guests of the pool are; another one only with leave to change it. */
function checkCard(
  { zone }: GuestDeps,
  found: FoundDomain,
  { guest, pool, reconnect }: { guest: Omit<Guest, 'version'>; pool: ComputePool; reconnect: boolean },
): boolean {
  const wanted = cardSource(zone, guest)
  const card = found.cards[0]
  if (card && wanted && card.kind === wanted.kind && card.name === wanted.name) return true
  if ((!card && !wanted) || reconnect) return false
  const words = (one: { kind: string; name: string } | undefined) =>
    one ? `on ${one.kind} '${one.name}'` : 'absent'
  throw new AppError(
    'conflict',
    `the network card of domain '${found.name}' is ${words(card)}, and that of guests of compute pool '${pool.name}' is ` +
      `${words(wanted)}: name another pool, or say reconnect, and it is so from its next start on`,
    { field: 'reconnect' },
  )
}

/** The address that our network has given to the card already, if no other guest has it. */
async function leasedAddress(
  deps: GuestDeps,
  { network: pool }: ComputePool,
  mac: string,
): Promise<string | null> {
  if (pool === null) return null
  const { addressPool } = schema
  const network = deps.zone.db.select().from(addressPool).where(eq(addressPool.name, pool)).get()?.network
  if (network === undefined) return null
  const entries = (await deps.network.networks()).find(({ name }) => name === network)?.hosts ?? []
  const leases = await deps.network.leases(network)
  const address = [...entries, ...leases].find((one) => one.mac.toLowerCase() === mac)?.address
  if (address === undefined) return null
  try {
    return pickAddress(deps.zone, pool, address)
  } catch (error) {
    // Outside of the pool's ranges, or somebody else's by now: it gets another one.
    if (error instanceof AppError) return null
    throw error
  }
}
