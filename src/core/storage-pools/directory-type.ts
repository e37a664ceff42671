import { posix } from 'node:path'
import { invalid } from '../errors.ts'
import type { PoolType } from './pool-types.ts'

// What belongs to the system: a pool there would be filled, emptied and have its modes changed by us.
const reserved = ['/', '/bin', '/boot', '/dev', '/etc', '/lib', '/proc', '/run', '/sbin', '/sys', '/usr']

export const directoryType: PoolType = {
  fields: ['target'],
  check({ target = '' }) {
    checkPath('target', target)
    if (reserved.some((path) => target === path || (path !== '/' && target.startsWith(`${path}/`))))
      throw invalid('target', `target must not be a directory of the system: '${target}'`)
    return { host: '', target, options: { type: 'dir' } }
  },
  secret: () => 'none',
  overlaps: (a, b) => inside(a.target, b.target) || inside(b.target, a.target),
  describe: ({ target }) => `directory pool at ${target}`,
}

/** An absolute path without `.` or `..` parts, at most 200 characters. */
export function checkPath(field: string, path: string): void {
  if (!path.startsWith('/') || posix.normalize(path) !== path || /\p{Cc}/u.test(path))
    throw invalid(field, `${field} must be an absolute path without . or .. parts`)
  if (path.length > 200) throw invalid(field, `${field} must be at most 200 characters`)
}

export const inside = (path: string, parent: string) =>
  path === parent || path.startsWith(parent.endsWith('/') ? parent : `${parent}/`)
