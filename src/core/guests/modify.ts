import type { Saga, Step } from '../../tasks/saga.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import { hostEntry } from './address.ts'
import type { GuestDeps } from './deps.ts'
import type { Guest } from './guest.ts'
import { isRunning } from './live.ts'
import { readGuest, readReadyGuest, update } from './record.ts'
import { writeSeed } from './seed.ts'
import { domainSpec } from './spec.ts'

export interface ModifyParams extends Expecting {
  id: string
  name: string
  /** What changes, in words for the journal, e.g. `cores 4`. */
  what: string
  before: Partial<Guest>
  after: Partial<Guest>
  /** A rename changes the domain's name, which libvirt does only for a stopped one. */
  stopped: boolean
}

/** Changes the definition; a running instance takes it up at its next start. */
export const guestModify = (deps: GuestDeps): Saga<ModifyParams> => ({
  kind: 'guest.modify',
  title: ({ name, what }) => `Change ${name}: ${what}`,
  check: async (params) => void (await checkModify(deps, params)),
  steps: [record(deps), redefine(deps)],
})

const record = (deps: GuestDeps): Step<ModifyParams> => ({
  name: 'record',
  describe: ({ name, what }) => [{ effect: `record ${what} for guest '${name}'` }],
  async run({ params, commit, who }) {
    const guest = await checkModify(deps, params)
    if (holds(guest, params.after)) return
    await deps.zone.commit({ ...commit, action: `guest.modify ${guest.name}: ${params.what}` }, [
      update('guest', guest, { ...params.after, modifiedAt: deps.now() }),
      deps.logLine(who, `changed guest ${guest.group}.${guest.name}: ${params.what}`),
    ])
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
  return guest
}

const holds = (guest: Guest, values: Partial<Guest>): boolean =>
  Object.entries(values).every(([key, value]) => guest[key as keyof Guest] === value)

const redefine = (deps: GuestDeps): Step<ModifyParams> => ({
  name: 'define',
  describe: ({ id, stopped }) => [
    {
      effect: 'define the domain anew',
      commands: [...(stopped ? [['virsh', 'undefine', id]] : []), ['virsh', 'define', id]],
    },
  ],
  run: ({ params, taskId }) =>
    defineAnew(deps, params, { guest: { ...readGuest(deps.zone, params.id), ...params.after }, taskId }),
  undo: ({ params, taskId }) =>
    defineAnew(deps, params, { guest: { ...readGuest(deps.zone, params.id), ...params.before }, taskId }),
})

async function defineAnew(
  deps: GuestDeps,
  params: ModifyParams,
  { guest, taskId }: { guest: Guest; taskId: string },
): Promise<void> {
  // Libvirt refuses a known UUID under another name.
  if (params.stopped) await deps.hypervisor.undefine(guest.id, { again: true })
  await deps.hypervisor.define(domainSpec(deps, guest))
  if (params.after.name === undefined) return
  const entry = hostEntry(deps.zone, guest)
  if (entry) await deps.network.addHost(entry.network, entry.host)
  // The host name inside follows at the next boot.
  await writeSeed(deps, guest, taskId)
}
