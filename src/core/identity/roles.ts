import type { Change, Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { keepManager, type RoleRow, readDirectory, removal, rewrite } from './directory.ts'
import { checkName } from './names.ts'
import { type Permission, permissions, requirePermission } from './permissions.ts'

export interface RoleRequest {
  /** Entries of the menu that the role shows. */
  menu?: readonly string[]
  /** Permissions; left out, they follow from the menu. */
  permissions?: readonly string[]
}

export interface Roles {
  list(op: OperationContext): RoleRow[]
  get(op: OperationContext, name: string): RoleRow
  create(op: OperationContext, name: string, request: RoleRequest): Promise<ChangePlan>
  /** What is left out stays; permissions that followed from the menu follow it again. */
  modify(op: OperationContext, name: string, request: RoleRequest): Promise<ChangePlan>
  /** Refused while a group has it. */
  remove(op: OperationContext, name: string): Promise<ChangePlan>
}

const of = (...areas: string[]): Permission[] =>
  permissions.filter((permission) => areas.includes(permission.split('.')[0]!))

/** What somebody must be allowed to whom a role shows an entry of the menu, and no more is said. */
const menuPermissions: Readonly<Record<string, readonly Permission[]>> = {
  dashboard: ['compute.read'],
  compute_pool: [...of('compute'), 'storage.read', 'network.read'],
  address_pool: of('network'),
  storage_pool: of('storage'),
  instance: [
    ...of('guest'),
    'image.read',
    'compute.read',
    'storage.read',
    'network.read',
    'policy.read',
    ...of('task'),
  ],
  image: [...of('image'), 'guest.read', ...of('task')],
  media: [...of('image'), ...of('task')],
  templates: ['image.read'],
  policies: of('policy'),
  user: [...of('identity'), ...of('session')],
  log: of('log'),
  visibility: of('setting'),
}

export const menuEntries = Object.keys(menuPermissions)

/** The roles of the first start. */
export const initialRoles: readonly Omit<RoleRow, 'version'>[] = [
  { name: 'manager', menu: menuEntries, permissions: ['*'] },
  {
    name: 'maintainer',
    menu: menuEntries.filter((entry) => entry !== 'user' && entry !== 'visibility'),
    permissions: permissions.filter(
      (permission) => !['identity.write', 'setting.write', 'system.write'].includes(permission),
    ),
  },
  {
    name: 'auditor',
    menu: [
      'dashboard',
      'compute_pool',
      'address_pool',
      'storage_pool',
      'instance',
      'image',
      'media',
      'user',
      'log',
    ],
    permissions: permissions.filter((permission) => permission.endsWith('.read')),
  },
  {
    name: 'user',
    menu: ['dashboard', 'instance', 'image', 'media'],
    permissions: [
      'guest.read.own',
      'guest.write.own',
      'guest.console.own',
      'guest.secret.own',
      'image.read.own',
      'image.write.own',
      'compute.read',
      'storage.read',
      'network.read',
      'policy.read.own',
      'policy.write.own',
      'task.read.own',
      'task.write.own',
    ],
  },
]

const followingFrom = (menu: readonly string[]): string[] =>
  permissions.filter((permission) => menu.some((entry) => menuPermissions[entry]?.includes(permission)))

const sameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((item) => b.includes(item))

export const createRoles = (zone: Zone): Roles => ({
  list(op) {
    requirePermission(op, 'identity.read')
    return [...readDirectory(zone).roles.values()]
  },
  get(op, name) {
    requirePermission(op, 'identity.read')
    return find(zone, name)
  },
  create(op, name, request) {
    requirePermission(op, 'identity.write')
    checkName('role', name)
    const menu = checkMenu(request.menu ?? [])
    const row = { name, menu, permissions: checkPermissions(request.permissions) ?? followingFrom(menu) }
    return commitPlanned(zone, op, {
      action: `role.create ${name}`,
      effect: `make the role '${name}'`,
      changes: [{ table: 'role', key: name, before: null, after: row }],
    })
  },
  async modify(op, name, request) {
    requirePermission(op, 'identity.write')
    const role = find(zone, name)
    const menu = request.menu === undefined ? role.menu : checkMenu(request.menu)
    const follows = sameSet(role.permissions, followingFrom(role.menu))
    const granted =
      checkPermissions(request.permissions) ?? (follows ? followingFrom(menu) : role.permissions)
    return commitKeepingManager(zone, op, {
      action: `role.modify ${name}`,
      effect: `change the role '${name}'`,
      changes: [rewrite('role', name, role, { menu, permissions: granted })],
    })
  },
  async remove(op, name) {
    requirePermission(op, 'identity.write')
    const role = find(zone, name)
    const holders = [...readDirectory(zone).groups.values()].filter((group) => group.roles.includes(name))
    if (holders.length > 0)
      throw new AppError(
        'conflict',
        `the role '${name}' is still given to the group '${holders.map((group) => group.name).join("', '")}'`,
      )
    return commitPlanned(zone, op, {
      action: `role.remove ${name}`,
      effect: `delete the role '${name}'`,
      changes: [removal('role', name, role.version)],
    })
  },
})

function find(zone: Zone, name: string): RoleRow {
  const role = readDirectory(zone).roles.get(name)
  if (!role) throw notFound('role', name)
  return role
}

export const commitKeepingManager = (
  zone: Zone,
  op: OperationContext,
  plan: { action: string; effect: string; changes: readonly Change[] },
): Promise<ChangePlan> =>
  commitPlanned(zone, op, { ...plan, changes: keepManager(readDirectory(zone), plan.changes) })

function checkMenu(menu: readonly string[]): string[] {
  menu.forEach((entry, index) => {
    if (!/^\w{1,64}$/.test(entry))
      throw invalid(
        `menu[${index}]`,
        `'${entry}' is no entry of the menu: choose from ${menuEntries.join(', ')}`,
      )
  })
  return [...new Set(menu)]
}

function checkPermissions(wanted: readonly string[] | undefined): string[] | undefined {
  wanted?.forEach((permission, index) => {
    if (!isPermission(permission))
      throw invalid(
        `resource[${index}]`,
        `'${permission}' is no permission: choose from *, ${permissions.join(', ')}, each also with '.own'`,
      )
  })
  return wanted && [...new Set(wanted)]
}

export const isPermission = (text: string): boolean =>
  text === '*' || (permissions as readonly string[]).includes(text.replace(/\.own$/, ''))
