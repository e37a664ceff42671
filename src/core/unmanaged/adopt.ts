import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Saga, Step, StepContext } from '../../tasks/saga.ts'
import type { Change } from '../../zone/zone.ts'
import { dryCommit } from '../change-plan.ts'
import { effectOf } from '../effects.ts'
import { AppError, hasCode } from '../errors.ts'
import { hostEntry } from '../guests/address.ts'
import { addressClaims, pickAddresses } from '../guests/address-claims.ts'
import type { GuestDeps } from '../guests/deps.ts'
import type { Guest, Volume } from '../guests/guest.ts'
import { isRunning } from '../guests/live.ts'
import {
  findGuest,
  findVolume,
  guestVolumes,
  readGuest,
  readVolume,
  remove,
  update,
} from '../guests/record.ts'
import { sizeOf } from '../guests/size.ts'
import { cardOf, domainSpec } from '../guests/spec.ts'
import { inTurn } from '../guests/turn.ts'
import { checkQuota } from '../identity/quotas.ts'
import { survey } from './survey.ts'

/** Chosen before the first effect. */
export interface AdoptParams {
  /** The row as it will be; `address` is chosen by the reserving step. */
  guest: Omit<Guest, 'version'>
  /** As libvirt has it now. */
  domainName: string
  /** Its disks. */
  volumes: Omit<Volume, 'version'>[]
  /** What is recorded of them already, as belonging to nobody. */
  previous: Volume[]
  /** UEFI variables, and the file that they are copied from; null where they lie on the pool already. */
  nvram: { row: Omit<Volume, 'version'>; from: string | null } | null
  wantedAddress: string | null
  /** Whether an external address is taken too, for 1:1 NAT. */
  mapped: boolean
  /** Whether libvirt starts it with the host. */
  autoStart: boolean
  /** What will be otherwise from its next start on. */
  changes: string[]
}

export const guestAdopt = (deps: GuestDeps): Saga<AdoptParams> => ({
  kind: 'guest.adopt',
  title: ({ domainName, guest }) => `Adopt domain ${domainName} as guest ${guest.name}`,
  check: (params) => checkAdoption(deps, params),
  steps: [reserve(deps), dhcpEntry(deps), nvram(deps), autoStart(deps), finish(deps)],
  result: ({ guest }) => ({ id: guest.id }),
})

/** Nothing of what was found may have changed since; what would be claimed is tried and not kept. */
async function checkAdoption(deps: GuestDeps, params: AdoptParams): Promise<void> {
  const { guest, volumes, nvram: variables } = params
  const found = await survey(deps, guest.id)
  if (found.refusals.length > 0)
    throw new AppError('conflict', `domain '${found.name}' cannot be adopted: ${found.refusals.join('; ')}`)
  const places = found.laid.map(({ pool, name }) => `${pool}/${name}`)
  const planned = volumes.map(({ pool, name }) => `${pool}/${name}`)
  if (places.join() !== planned.join())
    throw new AppError('conflict', `domain '${found.name}' has been changed meanwhile: ask again`)
  if (variables?.from && isRunning(found.state))
    throw new AppError(
      'conflict',
      `domain '${found.name}' was started meanwhile: stop it, its UEFI variables are copied`,
    )
  requireQuota(deps, params)
  await deps.zone.commit({ ...dryCommit, action: `guest.adopt ${guest.name}` }, claims(deps, params))
}

const requireQuota = (deps: GuestDeps, { guest }: AdoptParams): void =>
  checkQuota(deps.zone.db, {
    group: guest.group,
    more: { ...sizeOf(guest), guests: 1 },
    fields: { guests: 'group', cores: 'group', memoryBytes: 'group', diskBytes: 'group' },
  })

/** Guest, volumes and addresses in one commit. */
const reserve = (deps: GuestDeps): Step<AdoptParams> => ({
  name: 'reserve',
  describe: ({ guest, volumes, wantedAddress, changes }) => [
    { effect: `record guest '${guest.name}' in group '${guest.group}' with the MAC ${guest.mac}` },
    ...volumes.map(({ pool, name }) => ({
      effect: `record '${name}' of pool '${pool}' as its disk, where it lies`,
    })),
    ...(guest.addressPool
      ? [{ effect: `take ${wantedAddress ?? 'a free address'} of address pool '${guest.addressPool}'` }]
      : []),
    ...changes.map((change) => ({ effect: `from its next start on: ${change}` })),
  ],
  async run(context) {
    if (findGuest(deps.zone, context.params.guest.id)) return
    await checkAdoption(deps, context.params)
    await inTurn(() => claim(deps, context))
  },
  async undo({ params, commit }) {
    const { zone } = deps
    const guest = findGuest(zone, params.guest.id)
    if (!guest) return
    const addresses = zone.db.select().from(schema.address).where(eq(schema.address.guest, guest.id)).all()
    await zone.commit({ ...commit, action: `guest.adopt ${guest.name} undone` }, [
      ...addresses.map((row) => remove('address', row.key, row.version)),
      ...guestVolumes(zone, guest.id).map((row) => given(row, params.previous)),
      remove('guest', guest.id, guest.version),
    ])
  },
})

/** The row as it was before; gone where there was none. Its bytes are left alone. */
function given(row: Volume, previous: readonly Volume[]): Change {
  const before = previous.find(({ id }) => id === row.id)
  return before
    ? update('volume', { ...before, version: row.version }, {})
    : remove('volume', row.id, row.version)
}

const mostAttempts = 20

/** Another guest may take the chosen address between our look and our commit: then the next one is tried. */
async function claim(deps: GuestDeps, { params, commit }: StepContext<AdoptParams>): Promise<void> {
  requireQuota(deps, params)
  for (let attempt = 0; ; attempt++) {
    try {
      await deps.zone.commit({ ...commit, action: `guest.adopt ${params.guest.name}` }, claims(deps, params))
      return
    } catch (error) {
      const takenAddress = hasCode(error, 'conflict') && error.details?.['table'] === 'address'
      if (!takenAddress || params.wantedAddress !== null || attempt === mostAttempts) throw error
    }
  }
}

function claims(deps: GuestDeps, params: AdoptParams): Change[] {
  const { guest, volumes, previous, nvram: variables } = params
  const addresses = pickAddresses(deps.zone, params)
  const { address, external } = addresses
  const isKnown = (id: string) => previous.some((row) => row.id === id)
  return [
    { table: 'guest', key: guest.id, before: null, after: { ...guest, address, externalAddress: external } },
    ...volumes.map((row): Change => {
      const known = isKnown(row.id) ? findVolume(deps.zone, row.id) : undefined
      return known ? update('volume', known, row) : { table: 'volume', key: row.id, before: null, after: row }
    }),
    ...(variables
      ? [{ table: 'volume' as const, key: variables.row.id, before: null, after: variables.row }]
      : []),
    ...addressClaims(guest, addresses, deps.now()),
  ]
}

const dhcpEntry = (deps: GuestDeps): Step<AdoptParams> => ({
  name: 'address',
  describe: ({ guest }) =>
    guest.addressPool
      ? [{ effect: `tell the DHCP server of pool '${guest.addressPool}' the address of ${guest.mac}` }]
      : [],
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

const nvram = (deps: GuestDeps): Step<AdoptParams> => ({
  name: 'nvram',
  describe: ({ nvram: variables }) =>
    variables?.from
      ? [
          {
            effect: `copy the UEFI variables '${variables.from}' to '${variables.row.name}'; the file itself stays`,
          },
        ]
      : [],
  async run({ params }) {
    const { nvram: variables } = params
    if (!variables?.from) return
    const { row, from } = variables
    await deps.store(row.pool).importFile(row.name, from)
  },
  async undo({ params }) {
    const { nvram: variables } = params
    if (variables?.from) await deps.store(variables.row.pool).remove(variables.row.name)
  },
})

const autoStart = (deps: GuestDeps): Step<AdoptParams> => ({
  name: 'auto start',
  describe: ({ guest, autoStart: enabled }) =>
    enabled
      ? [
          {
            effect: 'start it with the host as guests are, no longer by libvirt itself',
            commands: [['virsh', 'autostart', guest.id, '--disable']],
          },
        ]
      : [],
  async run({ params }) {
    if (params.autoStart) await deps.hypervisor.foreign.setAutoStart(params.guest.id, false)
  },
  async undo({ params }) {
    if (params.autoStart) await deps.hypervisor.foreign.setAutoStart(params.guest.id, true)
  },
})

/** From here on it is a guest, whose domain the record decides. */
const finish = (deps: GuestDeps): Step<AdoptParams> => ({
  name: 'finish',
  irreversible: true,
  describe: ({ guest }) => [
    effectOf(
      'record the guest as ready, and define its domain anew unless it runs: then at its next start',
      () => ({ commands: deps.hypervisor.commands.define(cardOf(deps.zone, guest)) }),
    ),
  ],
  async run({ params, commit, who }) {
    const guest = readGuest(deps.zone, params.guest.id)
    const { nvram: variables } = params
    if (guest.state !== 'ready')
      await deps.zone.commit({ ...commit, action: `guest.adopt ${guest.name} done` }, [
        update('guest', guest, { state: 'ready' }),
        ...(variables?.from
          ? [update('volume', readVolume(deps.zone, variables.row.id), { state: 'ready' })]
          : []),
        deps.logLine(who, `adopted domain ${params.domainName} as guest ${guest.group}.${guest.name}`),
      ])
    if (!isRunning(await deps.live.look(guest.id)))
      await deps.hypervisor.define(domainSpec(deps, readGuest(deps.zone, guest.id)))
  },
})
