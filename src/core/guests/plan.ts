import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { GuestHardware } from '../../db/row-types.ts'
import * as schema from '../../db/schema.ts'
import { canonicalMac, generateMac, validMac } from '../address-pools/mac.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { may } from '../identity/permissions.ts'
import { copyBytes } from '../images/copies.ts'
import { checkUsable } from '../security-policies/record.ts'
import type { Template } from '../templates/template.ts'
import { findTemplate } from '../templates/templates.ts'
import { newMonitorSecret } from './changes.ts'
import { checkConnection } from './connection.ts'
import type { CreateParams } from './create.ts'
import type { GuestDeps } from './deps.ts'
import type { Guest, GuestRequest, Volume } from './guest.ts'
import { checkHardware, roomToGrow, virtioHardware, windowsHardware } from './hardware.ts'
import { checkNameFree, generatePassword } from './names.ts'
import { newGuestVolume } from './new-volume.ts'
import { checkImage } from './plan-image.ts'
import { everyHostPort } from './ports.ts'
import { checkRequest } from './rules.ts'

type ComputePool = typeof schema.computePool.$inferSelect

/** Checks a request against the record and chooses everything that a repeat must choose the same. */
export async function planGuest(
  deps: GuestDeps,
  op: OperationContext,
  request: GuestRequest,
  given?: Space,
): Promise<CreateParams> {
  checkRequest(request, deps.limits())
  const template = findTemplate(deps.zone, request)
  const hardware = template?.hardware ?? (request.system === 'windows' ? windowsHardware : virtioHardware)
  const firmware = request.firmware ?? template?.firmware ?? 'bios'
  checkHardware(deps, { hardware, firmware, disks: request.diskBytes.length })
  const pool = checkPool(deps, request.pool)
  checkPeople(deps, request)
  checkNameFree(deps, request.group, request.name)
  if (request.securityPolicyGroup) checkUsable(deps.zone.db, op, request.securityPolicyGroup)
  const { cell, storage, image } = given ?? (await planSpace(deps, op, request))
  const mac = chooseMac(deps, request.ethernetAddress)
  checkConnection(deps, pool, request)
  const id = randomUUID()
  const volumes = planVolumes(deps, request, {
    id,
    storage,
    parent: image?.parent ?? null,
    needsSeed: isAddressedBySeed(deps, pool),
    firmware,
  })
  return {
    guest: guestRow(deps, request, { id, mac, pool, cell, volumes, template, hardware, firmware }),
    wantedAddress: request.networkAddress ?? null,
    mapped: pool.networkMode === 'mono',
    wantedPorts: request.ports,
    hostPorts: may(op.who, 'system.write') ? everyHostPort : deps.limits().forwardPorts,
    volumes,
    imageName: image?.image.name ?? null,
    imageCopy: image?.claim ?? null,
  }
}

/** On which cell, where the disks will lie, and what the system disk is cloned from; the same for all guests of a batch. */
export interface Space {
  cell: string
  storage: string
  image: ReturnType<typeof checkImage> | undefined
}

/** Room is looked for once for all `count` guests. */
export async function planSpace(
  deps: GuestDeps,
  op: OperationContext,
  request: GuestRequest,
  count = 1,
): Promise<Space> {
  const pool = checkPool(deps, request.pool)
  const storage = storageOf(pool)
  const starts = request.autoStart
  // Those that do not start yet need not fit together.
  const memoryBytes = (starts ? count : 1) * request.memoryBytes
  const cell = await deps.placement.choose({ pool, storage, memoryBytes, starts })
  const image = request.fromImage
    ? checkImage(deps, op, { image: request.fromImage, systemBytes: request.diskBytes[0] ?? 0, storage })
    : undefined
  const copied = image ? await copyBytes(deps, image.image, image.claim) : 0
  const each = request.diskBytes.reduce((total, size) => total + size, 0)
  await checkRoom(deps, storage, [count * each, copied])
  return { cell, storage, image }
}

/** Disks are thin, but a guest that can never fill them without filling the pool is not made in the first place. */
async function checkRoom(deps: GuestDeps, pool: string, diskBytes: readonly number[]): Promise<void> {
  const wanted = diskBytes.reduce((total, size) => total + size, 0)
  const { freeBytes, quarantinedBytes } = await deps.store(pool).usage()
  if (wanted <= freeBytes + quarantinedBytes) return
  throw new AppError(
    'insufficient_capacity',
    `the disks need ${wanted} bytes, but storage pool '${pool}' has ${freeBytes} bytes free and ${quarantinedBytes} in quarantine`,
    { field: 'disks', details: { pool, wantedBytes: wanted, freeBytes, quarantinedBytes } },
  )
}

function checkPool(deps: GuestDeps, name: string): ComputePool {
  const pool = deps.zone.db.select().from(schema.computePool).where(eq(schema.computePool.name, name)).get()
  if (!pool) throw new AppError('not_found', `there is no compute pool '${name}'`, { field: 'pool' })
  if (!pool.enabled) throw new AppError('conflict', `compute pool '${name}' is disabled`, { field: 'pool' })
  return pool
}

function checkPeople(deps: GuestDeps, request: GuestRequest): void {
  const { db } = deps.zone
  if (!db.select().from(schema.user).where(eq(schema.user.name, request.owner)).get())
    throw new AppError('not_found', `there is no user '${request.owner}'`, { field: 'owner' })
  if (!db.select().from(schema.userGroup).where(eq(schema.userGroup.name, request.group)).get())
    throw new AppError('not_found', `there is no user group '${request.group}'`, { field: 'group' })
}

function storageOf(pool: ComputePool): string {
  if (pool.storage) return pool.storage
  throw new AppError(
    'conflict',
    `compute pool '${pool.name}' names no storage pool, so guests have nowhere to live`,
    { field: 'pool' },
  )
}

function chooseMac(deps: GuestDeps, wanted: string | undefined): string {
  const taken = (mac: string) =>
    deps.zone.db.select({ id: schema.guest.id }).from(schema.guest).where(eq(schema.guest.mac, mac)).get() !==
    undefined
  if (wanted === undefined) return generateMac(taken)
  const field = 'ethernet_address'
  if (!validMac(wanted)) throw invalid(field, `${field} must be a unicast MAC such as 52:54:00:12:34:56`)
  const mac = canonicalMac(wanted)
  if (taken(mac)) throw new AppError('conflict', `another guest has the MAC ${mac}`, { field })
  return mac
}

interface VolumePlan {
  id: string
  storage: string
  parent: string | null
  needsSeed: boolean
  firmware: 'bios' | 'uefi'
}

/** Where no DHCP server tells it, only a seed brings the guest its address. */
function isAddressedBySeed({ zone }: GuestDeps, { network }: ComputePool): boolean {
  const { addressPool } = schema
  if (!network) return false
  const pool = zone.db.select().from(addressPool).where(eq(addressPool.name, network)).get()
  return pool?.provider === 'cloudinit'
}

function planVolumes(
  deps: GuestDeps,
  request: GuestRequest,
  { id, storage, parent, needsSeed, firmware }: VolumePlan,
) {
  const row = (
    kind: 'disk' | 'nvram' | 'seed',
    values: { sizeBytes?: number; parent?: string | null } = {},
  ) => {
    const pool = kind === 'disk' ? storage : deps.filePool(storage)
    const format = deps.store(storage).capabilities.diskFormat
    return newGuestVolume({ guest: id, pool, kind, format, createdAt: deps.now(), ...values })
  }
  const hasSeed = request.cloudInit !== undefined || request.modules.includes('cloud-init') || needsSeed
  return [
    ...request.diskBytes.map((sizeBytes, index) =>
      row('disk', { sizeBytes, parent: index === 0 ? parent : null }),
    ),
    ...(firmware === 'uefi' ? [row('nvram')] : []),
    ...(hasSeed ? [row('seed')] : []),
  ]
}

const defaultCloudInit = { rootEnabled: true, adminName: 'root', dataPath: '/opt/data', sshKeys: [] }

interface Chosen {
  id: string
  mac: string
  pool: ComputePool
  cell: string
  volumes: Omit<Volume, 'version'>[]
  template: Template | undefined
  hardware: GuestHardware
  firmware: 'bios' | 'uefi'
}

function guestRow(deps: GuestDeps, request: GuestRequest, chosen: Chosen): Omit<Guest, 'version'> {
  const { id, mac, pool, cell, volumes, template, hardware, firmware } = chosen
  const ofKind = (kind: Volume['kind']) => volumes.filter((row) => row.kind === kind)
  const seed = ofKind('seed')[0]
  const { adminSecret, ...cloudInit } = { ...defaultCloudInit, ...request.cloudInit }
  return {
    id,
    name: request.name,
    group: request.group,
    owner: request.owner,
    pool: pool.name,
    cell,
    epoch: 1,
    state: 'creating',
    cores: request.cores,
    memoryBytes: request.memoryBytes,
    disks: ofKind('disk').map((row, index) => ({ index, volume: row.id, sizeBytes: row.sizeBytes })),
    system: request.system || (template?.system ?? 'linux'),
    systemVersion: request.systemVersion,
    firmware,
    machine: deps.facts.machines[hardware.machine],
    template: template?.id ?? null,
    hardware,
    ...roomToGrow(request, deps.limits()),
    nvram: ofKind('nvram')[0]?.id ?? null,
    seed: seed?.id ?? null,
    autoStart: request.autoStart,
    startPriority: request.startPriority ?? 50,
    startDelaySeconds: request.startDelaySeconds ?? 0,
    mac,
    addressPool: pool.network,
    address: null,
    externalAddress: null,
    modules: [...new Set(request.modules)],
    tags: [...new Set(request.tags)],
    cloudInit: seed ? cloudInit : null,
    adminSecret: seed ? deps.secrets.encrypt(adminSecret || generatePassword(), `guest:${id}:admin`) : null,
    adminName: seed ? cloudInit.adminName : null,
    monitorSecret: deps.secrets.encrypt(newMonitorSecret(), `guest:${id}:monitor`),
    qos: request.qos,
    ports: [],
    securityPolicyGroup: request.securityPolicyGroup ?? null,
    securityPolicy: { defaultAction: null, rules: [] },
    media: null,
    snapshot: null,
    createdAt: deps.now(),
    modifiedAt: deps.now(),
  }
}
