import { isDeepStrictEqual } from 'node:util'
import type { Effect, Saga, Step } from '../../tasks/saga.ts'
import { effectOf } from '../effects.ts'
import { AppError, invalid } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import type { Adjustable } from '../hypervisor.ts'
import { checkQuota } from '../identity/quotas.ts'
import { hostEntry } from './address.ts'
import type { GuestDeps } from './deps.ts'
import { addressEffect, defineEffect, touching } from './effects.ts'
import type { Guest } from './guest.ts'
import { isRunning } from './live.ts'
import { readGuest, readReadyGuest, update } from './record.ts'
import { writeSeed } from './seed.ts'
import { domainSpec } from './spec.ts'
import { inTurn } from './turn.ts'

export interface ModifyParams extends Expecting {
  id: string
  name: string
  /** What changes, in words for the journal, e.g. `cores 4`. */
  what: string
  before: Partial<Guest>
  after: Partial<Guest>
  /** A rename changes the domain's name, which libvirt does only for a stopped one. */
  stopped: boolean
  /** What of it a running instance takes up at once; none when left out. */
  adjust?: Adjustable[]
}

/** Changes the definition; a running instance takes it up at its next start, or at once what can be adjusted. */
export const guestModify = (deps: GuestDeps): Saga<ModifyParams> => ({
  kind: 'guest.modify',
  title: ({ name, what }) => `Change ${name}: ${what}`,
  check: async (params) => void (await checkModify(deps, params)),
  steps: [record(deps), redefine(deps), adjust(deps)],
})

const record = (deps: GuestDeps): Step<ModifyParams> => ({
  name: 'record',
  describe: ({ name, what }) => [{ effect: `record ${what} for guest '${name}'` }],
  async run({ params, commit, who }) {
    const guest = await checkModify(deps, params)
    if (holds(guest, params.after)) return
    await inTurn(async () => {
      requireQuota(deps, guest, params.after)
      await deps.zone.commit({ ...commit, action: `guest.modify ${guest.name}: ${params.what}` }, [
        update('guest', guest, { ...params.after, modifiedAt: deps.now() }),
        deps.logLine(who, `changed guest ${guest.group}.${guest.name}: ${params.what}`),
      ])
    })
  },
  async undo({ params, commit }) {
    const guest = readGuest(deps.zone, params.id)
    if (holds(guest, params.before)) return
    await deps.zone.commit({ ...commit, action: `guest.modify ${guest.name} undone: ${params.what}` }, [
      update('guest', guest, params.before),
    ])
  },
})

async function checkModify(deps: GuestDeps, params: ModifyParams): Promise<Guest> {
  const { id, stopped, after } = params
  const guest = readReadyGuest(deps.zone, id)
  // A repeat finds the version that its own commit has made.
  if (!holds(guest, after)) requireVersion(guest, params)
  if (stopped && isRunning(await deps.live.look(id)))
    throw new AppError('conflict', `guest '${guest.name}' is running; stop it first`)
  await checkRoomToGrow(deps, params)
  requireQuota(deps, guest, after)
  return guest
}

function requireQuota(deps: GuestDeps, guest: Guest, { cores, memoryBytes }: Partial<Guest>): void {
  const more = {
    cores: (cores ?? guest.cores) - guest.cores,
    memoryBytes: (memoryBytes ?? guest.memoryBytes) - guest.memoryBytes,
  }
  const fields = { cores: 'cores', memoryBytes: 'memory' }
  checkQuota(deps.zone.db, { group: guest.group, more, fields })
}

/** Linux and Windows take new memory in blocks of this size. */
const memoryBlockBytes = 128 * 2 ** 20

/** Whether the instance, if one runs, can take up the change of its size. */
async function checkRoomToGrow(deps: GuestDeps, { id, adjust = [], after }: ModifyParams): Promise<void> {
  if (!adjust.includes('cores') && !adjust.includes('memory')) return
  if (!isRunning(await deps.live.look(id))) return
  const live = await deps.hypervisor.liveSize(id)
  if (after.cores !== undefined && after.cores > live.maxCores)
    throw tooSmall('cores', `${live.maxCores} cores`)
  if (after.memoryBytes === undefined) return
  if (after.memoryBytes > live.maxMemoryBytes) throw tooSmall('memory', `${live.maxMemoryBytes} bytes`)
  const more = after.memoryBytes - live.memoryBytes
  if (more > 0 && more % memoryBlockBytes !== 0)
    throw invalid(
      'memory',
      `a running instance grows by multiples of ${memoryBlockBytes} bytes (128 MiB): it has ${live.memoryBytes} bytes now`,
    )
}

const tooSmall = (field: string, most: string) =>
  new AppError(
    'unsupported',
    `the instance was started with room for ${most}; leave 'immediate' out, and the change takes effect at its next start`,
    { field },
  )

const holds = (guest: Guest, values: Partial<Guest>): boolean =>
  Object.entries(values).every(([key, value]) => isDeepStrictEqual(guest[key as keyof Guest], value))

/** What only the record has: the domain is not touched for it. */
const isOnlyRecorded = ({ after }: ModifyParams): boolean => Object.keys(after).every((key) => key === 'tags')

const redefine = (deps: GuestDeps): Step<ModifyParams> => ({
  name: 'define',
  describe: (params) => (isOnlyRecorded(params) ? [] : describeRedefinition(deps, params)),
  run: ({ params, taskId }) =>
    defineAnew(deps, params, { guest: { ...readGuest(deps.zone, params.id), ...params.after }, taskId }),
  undo: ({ params, taskId }) =>
    defineAnew(deps, params, { guest: { ...readGuest(deps.zone, params.id), ...params.before }, taskId }),
})

function describeRedefinition(deps: GuestDeps, { id, stopped, after }: ModifyParams): Effect[] {
  return [
    ...(stopped
      ? [
          {
            effect: 'remove the definition, which libvirt keeps under the old name',
            commands: deps.hypervisor.commands.undefine(id, { again: true }),
          },
        ]
      : []),
    defineEffect(deps, 'define the domain anew', { id, values: after }),
    ...(after.name === undefined
      ? []
      : [
          addressEffect(deps, 'tell the DHCP server the new name', () => ({
            ...readGuest(deps.zone, id),
            ...after,
          })),
        ]),
  ]
}

async function defineAnew(
  deps: GuestDeps,
  params: ModifyParams,
  { guest, taskId }: { guest: Guest; taskId: string },
): Promise<void> {
  if (isOnlyRecorded(params)) return
  // Libvirt refuses a known UUID under another name.
  if (params.stopped) await deps.hypervisor.undefine(guest.id, { again: true })
  await deps.hypervisor.define(domainSpec(deps, guest))
  if (params.after.name === undefined) return
  const entry = hostEntry(deps.zone, guest)
  if (entry) await deps.network.addHost(entry.network, entry.host)
  // The host name inside follows at the next boot.
  await writeSeed(deps, guest, taskId)
}

const adjust = (deps: GuestDeps): Step<ModifyParams> => ({
  name: 'adjust',
  describe: ({ id, adjust: respects = [], after }) =>
    respects.map((respect) =>
      effectOf(`change the running instance: ${words[respect]}`, () => ({
        commands: deps.hypervisor.commands.adjust(
          domainSpec(deps, { ...readGuest(deps.zone, id), ...after }),
          respect,
        ),
        ...touching(deps, id, 'it is changed while it runs'),
      })),
    ),
  run: ({ params }) => adjustLive(deps, params, params.after),
  // What the guest does not give back again it keeps until its next start; the record is right in any case.
  undo: ({ params }) => adjustLive(deps, params, params.before).catch(() => undefined),
})

const words: Record<Adjustable, string> = {
  cores: 'its cores',
  memory: 'its memory; more is plugged only where it has less',
  cpuPriority: 'its share of the CPU',
  diskRates: 'the limits of its disks',
  networkRates: 'the limits of its network card',
  display: 'the password of its console',
}

async function adjustLive(deps: GuestDeps, params: ModifyParams, values: Partial<Guest>): Promise<void> {
  const respects = params.adjust ?? []
  if (respects.length === 0 || !isRunning(await deps.live.look(params.id))) return
  const spec = domainSpec(deps, { ...readGuest(deps.zone, params.id), ...values })
  for (const respect of respects) await deps.hypervisor.adjust(spec, respect)
}
