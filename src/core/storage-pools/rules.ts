import { posix } from 'node:path'
import { AppError, invalid } from '../errors.ts'
import type { StoragePool, StoragePoolRequest } from './storage-pool.ts'

const namePattern = /^[A-Za-z0-9][\w.-]{0,63}$/
// What belongs to the system: a pool there would be filled, emptied and have its modes changed by us.
const reserved = ['/', '/bin', '/boot', '/dev', '/etc', '/lib', '/proc', '/run', '/sbin', '/sys', '/usr']

/** 1 to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit. */
export function checkPoolName(name: string): void {
  if (!namePattern.test(name))
    throw invalid(
      'name',
      `a pool name has 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit`,
    )
}

/** Everything that can be said of a request without looking at the host. */
export function checkPoolRequest(request: StoragePoolRequest): void {
  if (request.type !== 'dir')
    throw new AppError(
      'unsupported',
      `storage pools of type '${request.type}' are not known here: use 'dir'`,
      {
        field: 'type',
      },
    )
  if (request.host) throw invalid('host', 'a directory pool is on this host: leave host empty')
  checkTarget(request.target)
}

function checkTarget(target: string): void {
  if (!target.startsWith('/') || posix.normalize(target) !== target || /\p{Cc}/u.test(target))
    throw invalid('target', 'target must be an absolute path without . or .. parts')
  if (target.length > 200) throw invalid('target', 'target must be at most 200 characters')
  if (reserved.some((path) => target === path || (path !== '/' && target.startsWith(`${path}/`))))
    throw invalid('target', `target must not be a directory of the system: '${target}'`)
}

/** One directory cannot be two pools, nor lie inside another one: each would report the other's files. */
export function checkDisjoint(target: string, others: readonly StoragePool[]): void {
  const other = others.find((pool) => inside(target, pool.target) || inside(pool.target, target))
  if (other)
    throw new AppError(
      'conflict',
      `target '${target}' overlaps that of pool '${other.name}', ${other.target}`,
      {
        field: 'target',
      },
    )
}

const inside = (path: string, parent: string) => path === parent || path.startsWith(`${parent}/`)
