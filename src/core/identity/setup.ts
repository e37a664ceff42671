import { randomInt, timingSafeEqual } from 'node:crypto'
import type { Change, Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import type { Settings } from '../settings/settings.ts'
import { membershipKey, readDirectory, rewrite } from './directory.ts'
import type { LoginLimits } from './login-limits.ts'
import { checkName, checkText } from './names.ts'
import { initialRoles } from './roles.ts'
import { hashSecret } from './tokens.ts'
import { newUser } from './users.ts'

export interface SetupRequest {
  user: string
  password: string
  /** Left out, the menu of the role stays, or of a new one is whole. */
  menu?: readonly string[]
  /** Default `manager`; made when it is not there. */
  group?: string
  /** Of a new group. */
  display?: string
  /** Default `manager`; made when it is not there, and then it may do everything. */
  role?: string
}

export interface Setup {
  /** True until there is a user. */
  needed(): boolean
  /** At each start: makes the roles and the group `manager` where nothing is. */
  prepare(op: OperationContext): Promise<void>
  /** A new one-time code, to be shown where only the machine's owner reads it; the one before no longer holds. */
  issueCode(): string
  /** The first administrator, by whoever knows the code. Throws `conflict` when there is a user already. */
  complete(op: OperationContext, code: string, request: SetupRequest): Promise<ChangePlan>
  /** The first administrator, by the appliance itself (NACELLE_ADMIN_PASSWORD). */
  makeAdministrator(op: OperationContext, request: SetupRequest): Promise<ChangePlan>
}

export interface SetupDeps {
  zone: Zone
  settings: Settings
  clock: () => number
  limits: LoginLimits
}

const firstGroup = { name: 'manager', display: 'Managers', roles: ['manager'] }
/** Without characters that look alike; 60 bits. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

export function createSetup(deps: SetupDeps): Setup {
  let codeHash: string | undefined
  const needed = () => readDirectory(deps.zone).users.size === 0
  return {
    needed,
    prepare: (op) => prepare(deps.zone, op),
    issueCode() {
      const part = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('')
      const code = [part(), part(), part()].join('-')
      codeHash = hashSecret(code)
      return code
    },
    async complete(op, code, request) {
      if (!needed()) throw alreadySetUp()
      const succeeded = deps.limits.begin('set-up', op.address)
      if (codeHash === undefined || !sameHash(codeHash, hashSecret(code.trim().toUpperCase())))
        throw new AppError(
          'forbidden',
          'the set-up code is not right: the console and the log of the appliance show it',
          {
            field: 'code',
          },
        )
      succeeded()
      const plan = await makeAdministrator(deps, op, request)
      if (!op.dryRun) codeHash = undefined
      return plan
    },
    makeAdministrator: (op, request) => makeAdministrator(deps, op, request),
  }
}

const alreadySetUp = () =>
  new AppError('conflict', 'this appliance has its first administrator already: log in')

const sameHash = (a: string, b: string) => timingSafeEqual(Buffer.from(a), Buffer.from(b))

async function prepare(zone: Zone, op: OperationContext): Promise<void> {
  const directory = readDirectory(zone)
  if (directory.roles.size > 0 || directory.groups.size > 0) return
  const roles = initialRoles.map(
    (role): Change => ({ table: 'role', key: role.name, before: null, after: role }),
  )
  await commitPlanned(zone, op, {
    action: 'setup.prepare',
    effect: 'make the first roles and the first group',
    changes: [...roles, { table: 'userGroup', key: firstGroup.name, before: null, after: firstGroup }],
  })
}

async function makeAdministrator(
  deps: SetupDeps,
  op: OperationContext,
  request: SetupRequest,
): Promise<ChangePlan> {
  const user = await newUser(deps, request.user, request)
  const directory = readDirectory(deps.zone)
  if (directory.users.size > 0) throw alreadySetUp()
  const group = request.group || firstGroup.name
  const key = membershipKey(group, request.user)
  return commitPlanned(deps.zone, op, {
    action: `setup.complete ${request.user}`,
    effect: `make the first administrator '${request.user}' in the group '${group}'`,
    changes: [
      user,
      roleChange(deps.zone, request),
      groupChange(deps.zone, group, request),
      { table: 'membership', key, before: null, after: { key, group, user: request.user } },
    ],
  })
}

function roleChange(zone: Zone, request: SetupRequest): Change {
  const name = request.role || 'manager'
  checkName('role', name)
  const menu = request.menu?.length ? { menu: [...request.menu] } : {}
  const role = readDirectory(zone).roles.get(name)
  if (!role) {
    const after = { name, menu: [...initialRoles[0]!.menu], permissions: ['*'], ...menu }
    return { table: 'role', key: name, before: null, after }
  }
  if (!role.permissions.includes('*'))
    throw invalid(
      'role',
      `the role '${name}' does not permit everything: the first administrator needs one that does`,
    )
  return rewrite('role', name, role, menu)
}

/** Written even where nothing changes: of two that set up at once, the second then finds a version that has moved. */
function groupChange(zone: Zone, name: string, request: SetupRequest): Change {
  checkName('group', name)
  if (request.display !== undefined) checkText('display', request.display)
  const role = request.role || 'manager'
  const group = readDirectory(zone).groups.get(name)
  if (group) return rewrite('userGroup', name, group, { roles: [...new Set([...group.roles, role])] })
  const after = { name, display: request.display || name, roles: [role] }
  return { table: 'userGroup', key: name, before: null, after }
}
