// What can be done to a guest, and in which states: as data, for the row menu, the bulk bar and the head of its page.
import type { components } from '../api/schema.d.ts'

type Guest = components['schemas']['Guest']

/** What the verbs have to know of a guest. */
export type VerbGuest = Pick<Guest, 'id' | 'name' | 'group' | 'state' | 'created' | 'disks' | 'total_disk'>

export const guestStates = ['creating', 'running', 'paused', 'stopping', 'stopped', 'crashed'] as const
export type GuestStateWord = (typeof guestStates)[number]

interface VerbRule {
  states: readonly GuestStateWord[]
  permission: 'guest.write' | 'guest.console' | 'image.write'
  isDanger?: boolean
  /** Done at once; the others ask before, in a dialog of that name. */
  isDirect?: boolean
}

/** In the order in which every menu shows them; the states mirror `guestCan` of the server (src/core/guests/rules.ts). */
export const verbRules = {
  start: { states: ['stopped', 'crashed'], permission: 'guest.write', isDirect: true },
  startFrom: { states: ['stopped', 'crashed'], permission: 'guest.write' },
  console: { states: ['running', 'paused', 'stopping'], permission: 'guest.console', isDirect: true },
  shutdown: { states: ['running'], permission: 'guest.write' },
  reboot: { states: ['running'], permission: 'guest.write' },
  powerOff: { states: ['running', 'paused', 'stopping', 'crashed'], permission: 'guest.write' },
  reset: { states: ['running', 'paused', 'crashed'], permission: 'guest.write' },
  createImage: {
    states: ['running', 'paused', 'stopped', 'crashed'],
    permission: 'image.write',
    isDirect: true,
  },
  delete: {
    states: ['running', 'paused', 'stopping', 'stopped', 'crashed'],
    permission: 'guest.write',
    isDanger: true,
  },
} as const satisfies Record<string, VerbRule>

export type GuestVerb = keyof typeof verbRules
export const guestVerbs = Object.keys(verbRules) as GuestVerb[]

/** Verbs that many guests can be told at once. */
export const bulkVerbs = ['start', 'shutdown', 'reboot', 'powerOff', 'reset', 'delete'] as const
export type BulkVerb = (typeof bulkVerbs)[number]

/** Names of dialogs in the address: `?dialog=delete`. */
export const guestDialogs = ['startFrom', 'shutdown', 'reboot', 'powerOff', 'reset', 'delete'] as const
export type GuestDialog = (typeof guestDialogs)[number]

export const isGuestDialog = (verb: string): verb is GuestDialog =>
  (guestDialogs as readonly string[]).includes(verb)

export const isGuestState = (text: string): text is GuestStateWord =>
  (guestStates as readonly string[]).includes(text)

/** The state as it is shown: what the hypervisor knows of a guest in the making is no matter. */
export function stateOf({ state, created }: Pick<Guest, 'state' | 'created'>): GuestStateWord {
  if (!created) return 'creating'
  return isGuestState(state) ? state : 'stopped'
}

/** Its name without the group, which the API puts before it. */
export const shortName = ({ name, group }: Pick<Guest, 'name' | 'group'>): string =>
  name.startsWith(`${group}.`) ? name.slice(group.length + 1) : name

export const allows = (verb: GuestVerb, state: GuestStateWord): boolean =>
  (verbRules[verb].states as readonly GuestStateWord[]).includes(state)

/** Whether QEMU has its disks open. */
export const isOn = (state: GuestStateWord): boolean =>
  state === 'running' || state === 'paused' || state === 'stopping'
