import { failing, ok, quoted, unknown, type Verdict, warning } from './finding.ts'

export interface SpaceFacts {
  /** The directory asked about. */
  directory: string
  /** What was measured: the directory, or its nearest parent that exists. */
  measured: string
  totalBytes: number
  freeBytes: number
  /** 0 where the file system has no fixed number of inodes. */
  totalInodes: number
  freeInodes: number
}

export interface SpaceLimits {
  warnBytes: number
  failBytes: number
}

const gib = 2 ** 30
const warnShare = 0.05
const failInodes = 1_000

export function judgeSpace(facts: SpaceFacts, { warnBytes, failBytes }: SpaceLimits): Verdict {
  const { measured, totalBytes, freeBytes, totalInodes, freeInodes } = facts
  const words = `${size(freeBytes)} of ${size(totalBytes)} free for ${facts.directory}`
  const find = `du -xh --max-depth=2 ${quoted(measured)} | sort -h | tail -20`
  if (freeBytes < failBytes) return failing(`only ${words}`, `make room, largest last: ${find}`)
  if (totalInodes > 0 && freeInodes < failInodes)
    return failing(`only ${freeInodes} inodes are left for ${facts.directory}`, inodesOf(measured))
  if (freeBytes < warnBytes) return warning(`only ${words}`, `make room, largest last: ${find}`)
  if (totalInodes > 0 && freeInodes < totalInodes * warnShare)
    return warning(`only ${freeInodes} of ${totalInodes} inodes are free`, inodesOf(measured))
  return ok(words)
}

const inodesOf = (path: string) =>
  `remove small files, most last: du -x --inodes --max-depth=2 ${quoted(path)} | sort -n | tail -20`

const size = (bytes: number) =>
  bytes >= gib ? `${(bytes / gib).toFixed(1)} GiB` : `${Math.floor(bytes / 2 ** 20)} MiB`

export interface DataDirFacts {
  directory: string
  /** Undefined where it does not exist yet. */
  state?: { isDirectory: boolean; mode: number; uid: number; writable: boolean }
  /** Mode of the key that guards stored passwords; undefined where there is none. */
  keyMode?: number
  /** Of this process. */
  uid: number
}

/** Who owns the data directory and who may write there. Passing through is judged for each pool. */
export function judgeDataDir({ directory, state, keyMode, uid }: DataDirFacts): Verdict {
  const path = quoted(directory)
  if (!state) return ok(`${directory} does not exist yet: the first start makes it`)
  if (!state.isDirectory) return failing(`${directory} is not a directory`, `mv ${path} ${path}.old`)
  if ((state.mode & 0o022) !== 0)
    return failing(
      `${directory} may be changed by other users (mode ${octal(state.mode)})`,
      `chmod 711 ${path}`,
    )
  if (state.uid !== 0 && state.uid !== uid)
    return failing(`${directory} belongs to user id ${state.uid}, not to root`, `chown root: ${path}`)
  if (keyMode !== undefined && (keyMode & 0o077) !== 0)
    return failing(
      `${directory}/secret.key may be read by other users (mode ${octal(keyMode)})`,
      `chmod 600 ${quoted(`${directory}/secret.key`)}`,
    )
  if (uid === 0 && !state.writable)
    return failing(`${directory} cannot be written: its file system is read-only`, remount(path))
  return ok(`${directory}, mode ${octal(state.mode)}`)
}

const remount = (path: string) => `mount -o remount,rw "$(findmnt -no TARGET -T ${path})"`
const octal = (mode: number) => (mode & 0o7777).toString(8).padStart(4, '0')

export interface ReachFacts {
  pool: string
  /** The account that QEMU runs as; undefined where the host has no such account. */
  user?: { name: string; uid: number; groups: readonly number[] }
  /** Whether that account really got there; undefined where it could not be tried. */
  tried?: boolean
  /** From / down to the pool, as far as they exist. */
  steps: readonly { path: string; mode: number; uid: number; gid: number }[]
  /** Whether the last step is the pool itself. */
  exists: boolean
}

/** QEMU is not root: each directory on the way to the disks must let it pass (`x`). */
export function judgeReach({ pool, user, tried, steps, exists }: ReachFacts): Verdict {
  if (!user)
    return unknown("libvirt's account for QEMU does not exist", 'apt-get install libvirt-daemon-system')
  if (user.uid === 0 || tried === true) return ok(`${user.name} reaches ${pool}`)
  const closed = steps.find((step) => !passes(step, user))
  if (closed)
    return failing(
      `QEMU's user ${user.name} cannot pass ${closed.path} on the way to ${pool}: guests cannot open their disks`,
      `chmod o+x ${quoted(closed.path)}`,
    )
  if (tried === false)
    return failing(
      `QEMU's user ${user.name} cannot reach ${pool}: guests cannot open their disks`,
      `namei -l ${quoted(pool)}; setpriv --reuid ${user.name} --clear-groups ls -ld ${quoted(pool)}`,
    )
  if (!exists) return ok(`${pool} does not exist yet; ${user.name} passes all that lies above it`)
  return ok(`${user.name} reaches ${pool}`)
}

function passes(step: ReachFacts['steps'][number], user: NonNullable<ReachFacts['user']>): boolean {
  if (step.uid === user.uid) return (step.mode & 0o100) !== 0
  if (user.groups.includes(step.gid)) return (step.mode & 0o010) !== 0
  return (step.mode & 0o001) !== 0
}
