import type { GroupSharing, Quota } from '../../db/row-types.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { type Directory, type GroupRow, membershipKey, readDirectory, removal, rewrite } from './directory.ts'
import { checkName, checkText } from './names.ts'
import { requirePermission } from './permissions.ts'
import { checkQuotaRequest, type Resources, usedByGroup } from './quotas.ts'
import { commitKeepingManager } from './roles.ts'
import { everything } from './visibilities.ts'

export interface GroupView extends GroupRow {
  /** Names of its users, sorted. */
  members: string[]
}

export interface GroupDetails extends GroupView {
  /** What its guests have together. */
  used: Resources
}

export interface GroupRequest {
  display?: string
  roles?: readonly string[]
  /** In place of the one that it has; null is no bound for anything. */
  quota?: Quota | null
  /** What its members share; parts that are left out stay. */
  sharing?: Partial<GroupSharing>
}

export interface Groups {
  list(op: OperationContext): GroupView[]
  get(op: OperationContext, name: string): GroupDetails
  create(op: OperationContext, name: string, request: GroupRequest): Promise<ChangePlan>
  modify(op: OperationContext, name: string, request: GroupRequest): Promise<ChangePlan>
  /** Refused while it has members, guests or images. */
  remove(op: OperationContext, name: string): Promise<ChangePlan>
  addMember(op: OperationContext, name: string, user: string): Promise<ChangePlan>
  removeMember(op: OperationContext, name: string, user: string): Promise<ChangePlan>
}

/** A user is deleted with all its memberships in one commit, which holds 40 rows. */
const maxGroups = 30

export const createGroups = (zone: Zone): Groups => ({
  list(op) {
    requirePermission(op, 'identity.read')
    const directory = readDirectory(zone)
    return [...directory.groups.values()].map((group) => viewOf(directory, group))
  },
  get(op, name) {
    requirePermission(op, 'identity.read')
    const directory = readDirectory(zone)
    return { ...viewOf(directory, find(directory, name)), used: usedByGroup(zone.db, name) }
  },
  create: (op, name, request) => create(zone, op, name, request),
  modify: (op, name, request) => modify(zone, op, name, request),
  remove: (op, name) => remove(zone, op, name),
  addMember: (op, name, user) => addMember(zone, op, name, user),
  removeMember: (op, name, user) => removeMember(zone, op, name, user),
})

const membersOf = (directory: Directory, group: string) =>
  directory.memberships
    .filter((row) => row.group === group)
    .map((row) => row.user)
    .sort()

const viewOf = (directory: Directory, group: GroupRow): GroupView => ({
  ...group,
  members: membersOf(directory, group.name),
})

function find(directory: Directory, name: string): GroupRow {
  const group = directory.groups.get(name)
  if (!group) throw notFound('user group', name)
  return group
}

/** Roles that are newly given are written unchanged in the same commit, so that they cannot vanish meanwhile. */
function rolesOf(
  directory: Directory,
  wanted: readonly string[],
  had: readonly string[] = [],
): { roles: string[]; guards: Change[] } {
  const roles = [...new Set(wanted)]
  const guards = roles.flatMap((name, index) => {
    const role = directory.roles.get(name)
    if (!role) throw invalid(`role[${index}]`, `there is no role '${name}'`)
    return had.includes(name) ? [] : [rewrite('role', name, role)]
  })
  return { roles, guards }
}

function checkRequest(request: GroupRequest): void {
  if (request.display !== undefined) checkText('display', request.display)
  if (request.quota) checkQuotaRequest(request.quota)
  if ((request.roles?.length ?? 0) > 30) throw invalid('role', 'a group has at most 30 roles')
}

async function create(
  zone: Zone,
  op: OperationContext,
  name: string,
  request: GroupRequest,
): Promise<ChangePlan> {
  requirePermission(op, 'identity.write')
  checkName('group', name)
  checkRequest(request)
  const { roles, guards } = rolesOf(readDirectory(zone), request.roles ?? [])
  const row = {
    name,
    display: request.display ?? name,
    roles,
    quota: request.quota ?? null,
    sharing: sharingOf(null, request),
  }
  return commitPlanned(zone, op, {
    action: `group.create ${name}`,
    effect: `make the group '${name}'`,
    changes: [{ table: 'userGroup', key: name, before: null, after: row }, ...guards],
  })
}

async function modify(
  zone: Zone,
  op: OperationContext,
  name: string,
  request: GroupRequest,
): Promise<ChangePlan> {
  requirePermission(op, 'identity.write')
  checkRequest(request)
  const directory = readDirectory(zone)
  const group = find(directory, name)
  const { roles, guards } =
    request.roles === undefined
      ? { roles: group.roles, guards: [] }
      : rolesOf(directory, request.roles, group.roles)
  const { display = group.display, quota = group.quota } = request
  const sharing = sharingOf(group.sharing, request)
  const change = rewrite('userGroup', name, group, { display, roles, quota, sharing })
  return commitKeepingManager(zone, op, {
    action: `group.modify ${name}`,
    effect: `change the group '${name}'`,
    changes: [change, ...guards],
  })
}

const sharingOf = (had: GroupSharing | null, { sharing }: GroupRequest): GroupSharing | null =>
  sharing === undefined ? had : { ...everything, ...had, ...sharing }

async function remove(zone: Zone, op: OperationContext, name: string): Promise<ChangePlan> {
  requirePermission(op, 'identity.write')
  const directory = readDirectory(zone)
  const group = find(directory, name)
  const members = membersOf(directory, name)
  if (members.length > 0)
    throw new AppError(
      'conflict',
      `the group '${name}' still has ${members.length} members (${members.slice(0, 5).join(', ')}): remove them first`,
    )
  return commitPlanned(zone, op, {
    action: `group.remove ${name}`,
    effect: `delete the group '${name}'`,
    changes: [removal('userGroup', name, group.version)],
  })
}

async function addMember(zone: Zone, op: OperationContext, name: string, user: string): Promise<ChangePlan> {
  requirePermission(op, 'identity.write')
  const directory = readDirectory(zone)
  find(directory, name)
  if (!directory.users.has(user)) throw notFound('user', user)
  const count = directory.memberships.filter((row) => row.user === user).length
  if (count >= maxGroups)
    throw new AppError(
      'conflict',
      `the user '${user}' is in ${count} groups already, and ${maxGroups} is the most`,
    )
  const key = membershipKey(name, user)
  return commitPlanned(zone, op, {
    action: `group.add_member ${name} ${user}`,
    effect: `add the user '${user}' to the group '${name}'`,
    changes: [{ table: 'membership', key, before: null, after: { key, group: name, user } }],
  })
}

async function removeMember(
  zone: Zone,
  op: OperationContext,
  name: string,
  user: string,
): Promise<ChangePlan> {
  requirePermission(op, 'identity.write')
  const directory = readDirectory(zone)
  find(directory, name)
  const row = directory.memberships.find((each) => each.key === membershipKey(name, user))
  if (!row) throw notFound(`member of the group '${name}'`, user)
  return commitKeepingManager(zone, op, {
    action: `group.remove_member ${name} ${user}`,
    effect: `remove the user '${user}' from the group '${name}'`,
    changes: [removal('membership', row.key, row.version)],
  })
}
