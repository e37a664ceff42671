import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Effect, Saga, Step } from '../../tasks/saga.ts'
import { AppError, invalid } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { defineEffect, destroyEffect, startEffect, touching } from '../guests/effects.ts'
import type { Guest } from '../guests/guest.ts'
import { isRunning } from '../guests/live.ts'
import { readGuest, readReadyGuest, update } from '../guests/record.ts'
import { can } from '../guests/rules.ts'
import { domainSpec } from '../guests/spec.ts'

export interface StartParams extends Expecting {
  id: string
  name: string
  boot: 'disk' | 'media' | 'network'
  /** Media image to boot from; stays in the drive. */
  media: string | null
  /** What lies in the drive before, for the way back. */
  previousMedia: string | null
  /** URI that iPXE loads. */
  bootUri: string | null
}

export const instanceStart = (deps: GuestDeps): Saga<StartParams> => ({
  kind: 'instance.start',
  title: ({ name }) => `Start ${name}`,
  check: async (params) => void (await checkStart(deps, params)),
  steps: [prepare(deps), offer(deps), start(deps)],
})

/** Puts the medium into the drive of the record before anything starts. */
const prepare = (deps: GuestDeps): Step<StartParams> => ({
  name: 'prepare',
  describe: ({ media }) => (media ? [{ effect: `put media image ${media} into the drive` }] : []),
  async run({ params, commit }) {
    const guest = await checkStart(deps, params)
    if (!params.media || params.media === guest.media) return
    await deps.zone.commit({ ...commit, action: `instance.start ${guest.name}: media` }, [
      update('guest', guest, { media: params.media }),
    ])
  },
  async undo({ params, commit }) {
    const guest = readGuest(deps.zone, params.id)
    if (guest.media === params.previousMedia || !params.media) return
    await deps.zone.commit({ ...commit, action: `instance.start ${guest.name} undone: media` }, [
      update('guest', guest, { media: params.previousMedia }),
    ])
  },
})

async function checkStart(deps: GuestDeps, params: StartParams): Promise<Guest> {
  const { id, media, previousMedia } = params
  const guest = readReadyGuest(deps.zone, id)
  // A repeat finds the version that its own commit has made.
  if (media === previousMedia || media === null || guest.media !== media) requireVersion(guest, params)
  if (media && media !== guest.media) requireMedia(deps, media)
  const state = await deps.live.look(id)
  if (!can('start', state)) throw new AppError('conflict', `guest '${guest.name}' is already started`)
  return guest
}

/** A media image that has its bytes; the error names the field `source`. */
export function requireMedia(deps: Pick<GuestDeps, 'zone'>, id: string) {
  const image = deps.zone.db.select().from(schema.image).where(eq(schema.image.id, id)).get()
  if (image?.kind !== 'media')
    throw new AppError('not_found', `there is no media image '${id}'`, { field: 'source' })
  if (image.state !== 'ready')
    throw invalid('source', `media image '${image.name}' has no file yet; upload it first`)
  return image
}

/** What an earlier start from the network was offered is withdrawn, whether or not this one has something to load. */
const offer = (deps: GuestDeps): Step<StartParams> => ({
  name: 'offer',
  describe: ({ bootUri }) => (bootUri ? [{ effect: `let the guest's network card load ${bootUri}` }] : []),
  async run({ params }) {
    const { mac } = readGuest(deps.zone, params.id)
    if (params.bootUri) await deps.network.offerBoot(mac, params.bootUri)
    else await deps.network.withdrawBoot(mac)
  },
  undo: ({ params }) => deps.network.withdrawBoot(readGuest(deps.zone, params.id).mac),
})

const start = (deps: GuestDeps): Step<StartParams> => ({
  name: 'start',
  weight: 5,
  describe: ({ id, boot }) => [
    startEffect(deps, boot === 'network' ? 'start from the network' : `start from ${boot}`, id),
  ],
  async run({ params }) {
    const guest = readGuest(deps.zone, params.id)
    await deps.hypervisor.start(domainSpec(deps, guest, { boot: params.boot }))
    deps.live.set(params.id, 'running')
  },
  async undo({ params }) {
    await deps.hypervisor.destroy(params.id)
    deps.live.set(params.id, 'stopped')
    if (!params.media) return
    const guest = readGuest(deps.zone, params.id)
    await deps.hypervisor.define(domainSpec(deps, { ...guest, media: params.previousMedia }))
  },
})

export interface PowerParams extends Expecting {
  id: string
  name: string
  action: 'shutdown' | 'destroy' | 'reboot' | 'reset'
}

const titles: Record<PowerParams['action'], string> = {
  shutdown: 'Shut down',
  destroy: 'Stop',
  reboot: 'Reboot',
  reset: 'Reset',
}

/** Shutdown and reboot only ask the guest; whether it follows shows in its state. */
export const instancePower = (deps: GuestDeps): Saga<PowerParams> => ({
  kind: 'instance.power',
  title: ({ action, name }) => `${titles[action]} ${name}`,
  check: (params) => checkPower(deps, params),
  steps: [check(deps), act(deps)],
})

const check = (deps: GuestDeps): Step<PowerParams> => ({
  name: 'check',
  describe: () => [],
  run: ({ params }) => checkPower(deps, params),
})

async function checkPower(deps: GuestDeps, params: PowerParams): Promise<void> {
  const { id, action } = params
  const guest = readReadyGuest(deps.zone, id)
  requireVersion(guest, params)
  const verb = action === 'destroy' ? 'stop' : action
  const state = await deps.live.look(id)
  if (can(verb, state)) return
  throw state === 'stopped' || state === 'absent'
    ? new AppError('conflict', `guest '${guest.name}' is already stopped`)
    : new AppError('conflict', `guest '${guest.name}' is ${state}, so it cannot be asked to ${verb}`)
}

function powerEffects(deps: GuestDeps, { id, action }: PowerParams): Effect[] {
  const { commands } = deps.hypervisor
  const effect = titles[action].toLowerCase()
  if (action === 'destroy') return [{ ...destroyEffect(deps, id), effect }]
  if (action === 'reset') {
    const how = 'it starts over, and what it has not written is lost'
    return [{ effect, commands: commands.reset(id), ...touching(deps, id, how) }]
  }
  const how = action === 'reboot' ? 'it starts over in order' : 'it stops in order'
  return [
    { effect: `${effect} by its agent, where that answers`, commands: commands[action](id, 'agent') },
    {
      effect: `${effect} by ACPI otherwise`,
      commands: commands[action](id, 'acpi'),
      ...touching(deps, id, how),
    },
  ]
}

/** There is nothing to take back, but a failure must not leave the guest locked: it fails, and can be asked again. */
const act = (deps: GuestDeps): Step<PowerParams> => ({
  name: 'act',
  describe: (params) => powerEffects(deps, params),
  async run({ params }) {
    await deps.hypervisor[params.action](params.id)
    if (params.action !== 'destroy') return
    deps.live.set(params.id, 'stopped')
    await deps.network.withdrawBoot(readGuest(deps.zone, params.id).mac)
  },
})

export interface MediaParams extends Expecting {
  id: string
  name: string
  /** Media image to insert; null ejects. */
  media: string | null
  previousMedia: string | null
}

export const instanceMedia = (deps: GuestDeps): Saga<MediaParams> => ({
  kind: 'instance.media',
  title: ({ name, media }) => (media ? `Insert a medium into ${name}` : `Eject the medium of ${name}`),
  check: (params) => void checkMedia(deps, params),
  steps: [recordMedia(deps), changeMedia(deps)],
})

const recordMedia = (deps: GuestDeps): Step<MediaParams> => ({
  name: 'record',
  describe: ({ media }) => [
    { effect: media ? `put media image ${media} into the drive` : 'empty the drive' },
  ],
  async run({ params, commit }) {
    const guest = checkMedia(deps, params)
    if (guest.media === params.media) return
    await deps.zone.commit({ ...commit, action: `instance.media ${guest.name}` }, [
      update('guest', guest, { media: params.media }),
    ])
  },
  async undo({ params, commit }) {
    const guest = readGuest(deps.zone, params.id)
    if (guest.media === params.previousMedia) return
    await deps.zone.commit({ ...commit, action: `instance.media ${guest.name} undone` }, [
      update('guest', guest, { media: params.previousMedia }),
    ])
  },
})

function checkMedia(deps: GuestDeps, params: MediaParams): Guest {
  const guest = readReadyGuest(deps.zone, params.id)
  // A repeat finds what its own commit has made.
  if (guest.media === params.media) return guest
  requireVersion(guest, params)
  if (guest.media !== params.previousMedia)
    throw new AppError('conflict', `the medium of guest '${guest.name}' has just changed; look again`, {
      field: 'source',
    })
  if (params.media) requireMedia(deps, params.media)
  return guest
}

const changeMedia = (deps: GuestDeps): Step<MediaParams> => ({
  name: 'change',
  describe: ({ id, media }) => [
    defineEffect(deps, 'define the domain anew', { id, values: { media } }),
    {
      effect:
        'change the medium of the running instance, if it runs; by force where the guest holds the tray',
      commands: deps.hypervisor.commands.changeMedia(id),
    },
  ],
  run: ({ params }) => putInDrive(deps, params.id, params.media),
  undo: ({ params }) => putInDrive(deps, params.id, params.previousMedia),
})

async function putInDrive(deps: GuestDeps, id: string, media: string | null): Promise<void> {
  const spec = domainSpec(deps, { ...readGuest(deps.zone, id), media })
  await deps.hypervisor.define(spec)
  if (isRunning(await deps.live.look(id))) await deps.hypervisor.changeMedia(id, spec.media ?? null)
}
