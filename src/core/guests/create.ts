import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step, StepContext } from '../../tasks/saga.ts'
import type { Change } from '../../zone/zone.ts'
import { dryCommit } from '../change-plan.ts'
import { effectOf } from '../effects.ts'
import { AppError, hasCode } from '../errors.ts'
import { checkQuota } from '../identity/quotas.ts'
import { bringCopy, claimCopy, imageBytes } from '../images/copies.ts'
import { hostEntry } from './address.ts'
import { type Addresses, addressClaims, pickAddresses } from './address-claims.ts'
import type { GuestDeps } from './deps.ts'
import { addressEffect, copyEffect, diskEffect } from './effects.ts'
import type { Guest, Volume } from './guest.ts'
import { makeDisk } from './make-disk.ts'
import { chooseHostPorts, forwardedPorts, type PortPair, type PortRange } from './ports.ts'
import { findGuest, readGuest, readVolume, remove, update } from './record.ts'
import { writeSeed } from './seed.ts'
import { sizeOf } from './size.ts'
import { cardOf, domainSpec } from './spec.ts'
import { inTurn } from './turn.ts'

/** Chosen before the first effect, so that a repeated step makes the same thing again. */
export interface CreateParams {
  /** The row as it will be; `address` is chosen by the reserving step. */
  guest: Omit<Guest, 'version'>
  wantedAddress: string | null
  /** Whether an external address is taken too, for 1:1 NAT. */
  mapped?: boolean
  /** Ports of the guest to forward. */
  wantedPorts: number[]
  /** Ports of the host from which who asks may have them. */
  hostPorts: PortRange
  volumes: Omit<Volume, 'version'>[]
  imageName: string | null
  /** Volume that the image is brought to first, where it lies on another pool than the guest will. */
  imageCopy?: Omit<Volume, 'version'> | null
}

type Context = StepContext<CreateParams>

/** The guest for itself, and the image that it is cloned from so that nobody deletes it meanwhile. */
export const createLocks = (
  { guest, volumes }: CreateParams,
  fromImage: string | undefined,
): { exclusive: string[]; shared: string[] } => ({
  exclusive: [`guest:${guest.id}`],
  shared: fromImage && volumes.some((row) => row.parent) ? [`image:${fromImage}`] : [],
})

export const guestCreate = (deps: GuestDeps): Saga<CreateParams> => ({
  kind: 'guest.create',
  title: ({ guest }) => `Create guest ${guest.name}`,
  check: (params) => checkClaim(deps, params),
  steps: [
    reserve(deps),
    image(deps),
    dhcpEntry(deps),
    disks(deps),
    nvram(deps),
    seed(deps),
    define(deps),
    start(deps),
    finish(deps),
  ],
  result: ({ guest }) => ({ id: guest.id }),
})

/** Claims name, MAC, address and volumes in one commit. */
const reserve = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'reserve',
  describe: ({ guest, wantedAddress, mapped, volumes }) => [
    { effect: `record guest '${guest.name}' in group '${guest.group}' with ${volumes.length} volumes` },
    ...(guest.addressPool
      ? [
          {
            effect: `take ${wantedAddress ?? 'a free address'} of address pool '${guest.addressPool}' for ${guest.mac}`,
          },
        ]
      : []),
    ...(mapped
      ? [
          {
            effect: `take a free external address of address pool '${guest.addressPool}' and map it 1:1 to it`,
          },
        ]
      : []),
  ],
  async run(context) {
    const made = findGuest(deps.zone, context.params.guest.id)
    if (made) return { address: made.address }
    return { address: await inTurn(() => claim(deps, context)) }
  },
  async undo({ params, commit }) {
    const { zone } = deps
    const guest = findGuest(zone, params.guest.id)
    if (!guest) return
    const volumes = zone.db.select().from(schema.volume).where(eq(schema.volume.owner, guest.id)).all()
    const addresses = zone.db.select().from(schema.address).where(eq(schema.address.guest, guest.id)).all()
    await zone.commit({ ...commit, action: `guest.create ${guest.name} undone` }, [
      ...addresses.map((row) => remove('address', row.key, row.version)),
      ...volumes.map((row) => remove('volume', row.id, row.version)),
      remove('guest', guest.id, guest.version),
    ])
  },
})

/** Looked at in turn: of two guests that fit alone but not together, the second is refused. */
const requireQuota = (deps: GuestDeps, { guest }: CreateParams): void =>
  checkQuota(deps.zone.db, {
    group: guest.group,
    more: { ...sizeOf(guest), guests: 1 },
    fields: { guests: 'group', cores: 'cores', memoryBytes: 'memory', diskBytes: 'disks' },
  })

/** What the reserving step would claim, tried and not kept. */
async function checkClaim(deps: GuestDeps, params: CreateParams): Promise<void> {
  requireQuota(deps, params)
  try {
    const addresses = pickAddresses(deps.zone, params)
    const ports = await choosePorts(deps, params)
    const info = { ...dryCommit, action: `guest.create ${params.guest.name}` }
    await deps.zone.commit(info, claims(deps, params, { addresses, ports }))
  } catch (error) {
    throw byField(error)
  }
}

/** Another guest may take the chosen address between our look and our commit: then the next one is tried. */
async function claim(deps: GuestDeps, { params, commit }: Context): Promise<string | null> {
  requireQuota(deps, params)
  for (let attempt = 0; ; attempt++) {
    try {
      const addresses = pickAddresses(deps.zone, params)
      const ports = await choosePorts(deps, params)
      const info = { ...commit, action: `guest.create ${params.guest.name}` }
      await deps.zone.commit(info, claims(deps, params, { addresses, ports }))
      return addresses.address
    } catch (error) {
      const takenAddress = hasCode(error, 'conflict') && error.details?.['table'] === 'address'
      if (!takenAddress || attempt === mostAttempts) throw byField(error)
    }
  }
}

/** The commit names the table and column on which two requests met, the caller knows the field. */
function byField(error: unknown): unknown {
  if (!hasCode(error, 'conflict')) return error
  const isAddress = error.details?.['table'] === 'address' || error.field === 'address'
  const field = isAddress ? 'network_address' : error.field === 'mac' ? 'ethernet_address' : error.field
  return new AppError(error.code, error.message, { field, cause: error.cause })
}

const mostAttempts = 20

async function choosePorts(deps: GuestDeps, params: CreateParams): Promise<PortPair[]> {
  const { guest, wantedPorts, hostPorts } = params
  if (wantedPorts.length === 0) return []
  const listening = await deps.listeningPorts()
  const taken = new Set([...listening, ...forwardedPorts(deps.zone, guest.cell)])
  return chooseHostPorts(wantedPorts, taken, hostPorts)
}

function claims(
  deps: GuestDeps,
  params: CreateParams,
  { addresses, ports }: { addresses: Addresses; ports: PortPair[] },
): Change[] {
  const { guest, volumes } = params
  const { address, external } = addresses
  return [
    {
      table: 'guest',
      key: guest.id,
      before: null,
      after: { ...guest, address, externalAddress: external, ports },
    },
    ...claimCopy(deps.zone.db, params.imageCopy),
    ...volumes.map((row): Change => ({ table: 'volume', key: row.id, before: null, after: row })),
    ...addressClaims(guest, addresses, deps.now()),
  ]
}

const dhcpEntry = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'address',
  describe: (params) => {
    const { addressPool, mac } = params.guest
    if (!addressPool) return []
    const effect = `tell the DHCP server of pool '${addressPool}' the address of ${mac}`
    return [addressEffect(deps, effect, () => withAddress(deps, params))]
  },
  async run({ params }) {
    const entry = hostEntry(deps.zone, readGuest(deps.zone, params.guest.id))
    if (entry) await deps.network.addHost(entry.network, entry.host)
  },
  async undo({ params }) {
    const guest = findGuest(deps.zone, params.guest.id)
    const entry = guest && hostEntry(deps.zone, guest)
    if (entry) await deps.network.removeHost(entry.network, entry.host.mac)
  },
})

/** With the address that it has by now, or would get. */
function withAddress(deps: GuestDeps, params: CreateParams): CreateParams['guest'] {
  const { guest } = params
  const { address } = findGuest(deps.zone, guest.id) ?? pickAddresses(deps.zone, params)
  return { ...guest, address }
}

const volumesOf = (params: CreateParams, kind: Volume['kind']) =>
  params.volumes.filter((row) => row.kind === kind)

/** Once for each image and pool: the copy stays for the guests to come, and goes with the image. */
const image = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'image',
  weight: 6,
  describe: ({ imageCopy, imageName }) =>
    imageCopy
      ? [
          copyEffect(deps, `copy image '${imageName}' to '${imageCopy.name}' on pool '${imageCopy.pool}'`, {
            from: () => imageBytes(deps, imageCopy),
            to: imageCopy,
          }),
        ]
      : [],
  async run(context) {
    const parent = volumesOf(context.params, 'disk')[0]?.parent
    if (parent) await bringCopy(deps, parent, context)
  },
})

const disks = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'disks',
  weight: 4,
  describe: (params) =>
    volumesOf(params, 'disk').map((disk) => {
      const effect = disk.parent
        ? `make '${disk.name}' on pool '${disk.pool}', a ${deps.store(disk.pool).capabilities.thinClone ? 'thin clone' : 'full copy'} of image '${params.imageName}' grown to ${disk.sizeBytes} bytes`
        : `make '${disk.name}' on pool '${disk.pool}', empty, ${disk.sizeBytes} bytes`
      return diskEffect(deps, effect, { disk, copy: params.imageCopy })
    }),
  async run(context) {
    for (const disk of volumesOf(context.params, 'disk')) await makeDisk(deps, disk, context)
  },
  undo: ({ params }) => removeAll(deps, volumesOf(params, 'disk')),
})

async function removeAll(deps: GuestDeps, volumes: readonly Pick<Volume, 'pool' | 'name'>[]): Promise<void> {
  for (const volume of volumes) await deps.store(volume.pool).remove(volume.name)
}

const nvram = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'nvram',
  describe: (params) =>
    volumesOf(params, 'nvram').map((row) => ({ effect: `copy fresh UEFI variables to '${row.name}'` })),
  async run({ params }) {
    for (const row of volumesOf(params, 'nvram')) {
      const { secureBoot } = params.guest.hardware
      const template = secureBoot ? deps.facts.secureNvramTemplate : deps.facts.nvramTemplate
      if (!template)
        throw new AppError('unsupported', 'this host has no UEFI firmware: install the package ovmf')
      await deps.store(row.pool).importFile(row.name, template)
    }
  },
  undo: ({ params }) => removeAll(deps, volumesOf(params, 'nvram')),
})

const seed = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'cloud-init seed',
  describe: (params) =>
    volumesOf(params, 'seed').map((row) => ({ effect: `make the cloud-init seed '${row.name}'` })),
  async run({ params, taskId }) {
    if (volumesOf(params, 'seed').length > 0)
      await writeSeed(deps, readGuest(deps.zone, params.guest.id), taskId)
  },
  undo: ({ params }) => removeAll(deps, volumesOf(params, 'seed')),
})

const define = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'define',
  describe: ({ guest }) =>
    guest.autoStart
      ? []
      : [
          effectOf('define the domain', () => ({
            commands: deps.hypervisor.commands.define(cardOf(deps.zone, guest)),
          })),
        ],
  async run({ params }) {
    // A start defines too, in the same call.
    if (params.guest.autoStart) return
    await deps.hypervisor.define(domainSpec(deps, readGuest(deps.zone, params.guest.id)))
    deps.live.set(params.guest.id, 'stopped')
  },
  async undo({ params }) {
    await deps.hypervisor.undefine(params.guest.id)
    deps.live.set(params.guest.id, 'absent')
  },
})

const start = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'start',
  weight: 2,
  describe: ({ guest }) =>
    guest.autoStart
      ? [
          effectOf('define the domain and start it', () => ({
            commands: deps.hypervisor.commands.start(cardOf(deps.zone, guest), 'absent'),
          })),
        ]
      : [],
  async run({ params }) {
    if (!params.guest.autoStart) return
    await deps.hypervisor.start(domainSpec(deps, readGuest(deps.zone, params.guest.id)))
    deps.live.set(params.guest.id, 'running')
  },
  async undo({ params }) {
    if (params.guest.autoStart) await deps.hypervisor.destroy(params.guest.id)
  },
})

const finish = (deps: GuestDeps): Step<CreateParams> => ({
  name: 'finish',
  describe: () => [{ effect: 'record the guest as ready' }],
  async run({ params, commit, who }) {
    const guest = readGuest(deps.zone, params.guest.id)
    if (guest.state === 'ready') return
    await deps.zone.commit({ ...commit, action: `guest.create ${guest.name} done` }, [
      update('guest', guest, { state: 'ready' }),
      ...params.volumes.map((row) => update('volume', readVolume(deps.zone, row.id), { state: 'ready' })),
      deps.logLine(who, `created guest ${guest.group}.${guest.name}`),
    ])
  },
})
