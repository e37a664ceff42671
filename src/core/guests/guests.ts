import type { OperationContext, Principal } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { requireVersion } from '../expected-version.ts'
import { may, mayAny, requirePermission, requireToMake } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import { inPages, type Listing, type Wanted } from '../paging.ts'
import { isOperator, shownError } from '../tasks/shown.ts'
import { usualAdmin } from '../templates/templates.ts'
import { type AuthParams, guestAuth } from './auth.ts'
import { createGuestChanges, settleMs, writableGuest } from './changes.ts'
import { type CreateParams, createLocks, guestCreate } from './create.ts'
import { type DeleteParams, guestDelete } from './delete.ts'
import type { GuestDeps } from './deps.ts'
import { guestDisks } from './disks.ts'
import { countGuests, countTags, findGuests, type GuestQuestion } from './find.ts'
import type { Guest, GuestRequest } from './guest.ts'
import { guestModify } from './modify.ts'
import { generatePassword } from './names.ts'
import { planGuest } from './plan.ts'
import { findGuest, readGuest } from './record.ts'
import { systemReset } from './reset-system.ts'
import { diskResize } from './resize-disk.ts'
import { checkGuestPassword } from './rules.ts'
import { type GuestFilter, searchGuests } from './search.ts'
import { diskShrink } from './shrink-disk.ts'
import type { GuestView } from './view.ts'

type GuestListFilter = Omit<GuestFilter, 'limit' | 'offset' | 'after'> & Wanted

export type Guests = ReturnType<typeof createGuests>

/** The guests of this cell: definitions, not instances. Defines the tasks that change them. */
export function createGuests(deps: GuestDeps) {
  for (const saga of [
    guestCreate(deps),
    guestDelete(deps),
    guestModify(deps),
    guestAuth(deps),
    diskResize(deps),
    diskShrink(deps),
    systemReset(deps),
  ])
    deps.tasks.define(saga as Parameters<typeof deps.tasks.define>[0])
  return {
    /** Checks everything, claims name, MAC and address, and answers while the disks are made. */
    async create(op: OperationContext, request: GuestRequest): Promise<Launched & { id: string }> {
      requireToMake(op, 'guest.write', request)
      const params = await planGuest(deps, op, request)
      const launched = await launch<CreateParams>(op, deps.tasks, {
        kind: 'guest.create',
        subject: `guest:${params.guest.id}`,
        params,
        locks: createLocks(params, request.fromImage),
        settleMs: 0,
      })
      return { ...launched, id: params.guest.id }
    },

    /** Throws `not_found`; for a creation that failed the message says why. */
    get(op: OperationContext, id: string): GuestView {
      const guest = findGuest(deps.zone, id)
      if (!guest || !mayAny(op.who, 'guest.read')) throw missing(deps, op.who, id)
      requirePermission(op, 'guest.read', guest)
      return view(deps, guest)
    },

    /** Where its disks lie and what they take there. */
    disks: (op: OperationContext, id: string) => guestDisks(deps, op, id),

    /** One page, in the order that is asked for. */
    find(op: OperationContext, question: GuestQuestion) {
      if (!mayAny(op.who, 'guest.read')) requirePermission(op, 'guest.read')
      const found = findGuests(deps, op, question)
      return { ...found, guests: found.guests.map((guest) => view(deps, guest)) }
    },

    /** How many there are, by state, of all and of each compute pool. */
    count(op: OperationContext) {
      if (!mayAny(op.who, 'guest.read')) requirePermission(op, 'guest.read')
      return countGuests(deps, op)
    },

    /** All tags in use, with the number of guests that have each. */
    countTags(op: OperationContext) {
      if (!mayAny(op.who, 'guest.read')) requirePermission(op, 'guest.read')
      return countTags(deps, op)
    },

    /** All that match, or the part that is asked for; read page by page. */
    list(op: OperationContext, { limit, offset, ...filter }: GuestListFilter): Listing<GuestView> {
      if (!mayAny(op.who, 'guest.read')) requirePermission(op, 'guest.read')
      return inPages<GuestView, GuestFilter['after']>(
        { limit, offset },
        {
          read: (page) => {
            const { guests, total } = searchGuests(deps, op, { ...filter, ...page })
            return { items: guests.map((guest) => view(deps, guest)), total }
          },
          keyOf: ({ group, name }) => ({ group, name }),
        },
      )
    },

    async delete(op: OperationContext, id: string, options: { force: boolean }): Promise<Launched> {
      const guest = writableGuest(deps, op, id)
      const params = { id, name: guest.name, force: options.force }
      return launch<DeleteParams>(op, deps.tasks, {
        kind: 'guest.delete',
        subject: `guest:${id}`,
        params,
        locks: { exclusive: [`guest:${id}`] },
        settleMs,
      })
    },

    ...createGuestChanges(deps),

    /** Sets a password inside the running guest through its agent; generated when none is given. */
    async setPassword(op: OperationContext, id: string, request: { user?: string; password?: string }) {
      const guest = readGuest(deps.zone, id)
      requirePermission(op, 'guest.secret', guest)
      requireVersion(guest, op)
      const user = request.user || guest.adminName || usualAdmin(deps.zone, guest)
      if (!/^[\w.-]{1,32}$/.test(user))
        throw invalid('user', "user must be 1 to 32 letters, digits, '.', '-' or '_'")
      const password = request.password || generatePassword()
      checkGuestPassword(password, 'password')
      const launched = await launch<AuthParams>(op, deps.tasks, {
        kind: 'guest.auth',
        subject: `guest:${id}`,
        params: { id, name: guest.name, user, secret: deps.secrets.encrypt(password, `guest:${id}:admin`) },
        locks: { exclusive: [`guest:${id}`] },
        settleMs,
      })
      return { ...launched, user, password }
    },

    /** What was last set; each reading is journalled. */
    async password(op: OperationContext, id: string): Promise<{ user?: string; password?: string }> {
      const guest = readGuest(deps.zone, id)
      requirePermission(op, 'guest.secret', guest)
      if (!guest.adminSecret) return {}
      await deps.zone.commit(
        { who: op.who.name, requestId: op.requestId, action: `guest.password read ${guest.name}` },
        [deps.logLine(op.who.name, `read the password of guest ${guest.group}.${guest.name}`)],
      )
      return {
        user: guest.adminName ?? undefined,
        password: deps.secrets.decrypt(guest.adminSecret, `guest:${id}:admin`),
      }
    },

    /** The secret that guards the console; always a string, empty for who may not see it. */
    monitorSecret(op: OperationContext, id: string): string {
      const guest = readGuest(deps.zone, id)
      return may(op.who, 'guest.console', guest)
        ? deps.secrets.decrypt(guest.monitorSecret, `guest:${id}:monitor`)
        : ''
    },
  }
}

/** Who asked for it learns why it is not there. */
function missing(deps: GuestDeps, who: Principal, id: string): AppError {
  const [task] = deps.tasks.list({ subject: `guest:${id}`, kind: 'guest.create', limit: 1 }).tasks
  const error = task && (task.who === who.name || isOperator(who)) ? shownError(who, task) : null
  if (!task || !error) return notFound('guest', id)
  return new AppError('not_found', `guest '${id}' was not created: ${error.message}`, {
    details: { task: task.id },
  })
}

function view(deps: GuestDeps, guest: Guest): GuestView {
  const { adminSecret: _, monitorSecret: __, ...shown } = guest
  const live = deps.live.state(guest.id)
  // A system that is being reset is made anew, as the original tells it.
  const created = guest.state !== 'creating' && guest.state !== 'resetting'
  return {
    ...shown,
    created,
    progress: created ? 100 : (deps.tasks.holder(`guest:${guest.id}`)?.task.progress ?? 0),
    live,
    stateReason: live === 'paused' ? deps.live.reason(guest.id) : '',
    running: deps.live.running(guest.id),
    networkAddress: deps.observed.networkAddress(guest.id),
    displayAddress: deps.observed.displayAddress(guest.id),
  }
}
