import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DataDirFacts, ReachFacts, SpaceFacts } from '../../core/doctor/storage.ts'
import { CommandError, run } from '../exec.ts'
import { isRoot, isThere, readIfThere } from './files.ts'

export async function spaceFacts(directory: string): Promise<SpaceFacts> {
  let measured = directory
  while (measured !== '/' && !(await isThere(measured))) measured = dirname(measured)
  const { bsize, blocks, bavail, files, ffree } = await statfs(measured)
  return {
    directory,
    measured,
    totalBytes: blocks * bsize,
    freeBytes: bavail * bsize,
    totalInodes: files,
    freeInodes: ffree,
  }
}

export async function dataDirFacts(directory: string): Promise<DataDirFacts> {
  const uid = process.getuid?.() ?? 0
  const found = await statIfThere(directory)
  if (!found) return { directory, uid }
  const writable = await access(directory, constants.W_OK).then(
    () => true,
    () => false,
  )
  const key = await statIfThere(join(directory, 'secret.key'))
  const state = { isDirectory: found.isDirectory(), mode: found.mode, uid: found.uid, writable }
  return { directory, state, uid, ...(key ? { keyMode: key.mode } : {}) }
}

const statIfThere = async (path: string) => ((await isThere(path)) ? stat(path) : undefined)

export async function reachFacts(pool: string): Promise<ReachFacts> {
  const user = await qemuUser()
  const steps = await stepsTo(pool)
  const exists = steps.at(-1)?.path === pool
  const tried = user && exists && isRoot() ? await tryToReach(pool, user) : undefined
  // The trial runs without supplementary groups, so where one of those decides its refusal says nothing.
  const decided = tried === true || !steps.some(({ gid }) => user?.groups.slice(1).includes(gid))
  return { pool, steps, exists, ...(user ? { user } : {}), ...(decided ? { tried } : {}) }
}

async function stepsTo(pool: string): Promise<ReachFacts['steps'][number][]> {
  const paths = ['/']
  for (const name of pool.split('/').filter(Boolean)) paths.push(join(paths.at(-1) ?? '/', name))
  const steps = []
  for (const path of paths) {
    const found = await statIfThere(path)
    if (!found) break
    steps.push({ path, mode: found.mode, uid: found.uid, gid: found.gid })
  }
  return steps
}

type QemuUser = NonNullable<ReachFacts['user']>

async function tryToReach(pool: string, { name, groups }: QemuUser): Promise<boolean | undefined> {
  try {
    const asUser = { user: name, group: String(groups[0]) }
    await run('test', ['-x', join(pool, '.')], { timeoutMs: 15_000, asUser })
    return true
  } catch (error) {
    return error instanceof CommandError && error.exitCode === 1 ? false : undefined
  }
}

const debianUser = 'libvirt-qemu'

/** The account of qemu.conf, which only root may read, else Debian's. */
async function qemuUser(): Promise<QemuUser | undefined> {
  const conf = await readIfThere('/etc/libvirt/qemu.conf').catch(() => undefined)
  const name = parseQemuUser(conf ?? '') ?? debianUser
  const [passwd, group] = await Promise.all([readIfThere('/etc/passwd'), readIfThere('/etc/group')])
  return findAccount(name, passwd ?? '', group ?? '')
}

/** `user = "name"`, not commented out. */
export const parseQemuUser = (conf: string): string | undefined => /^\s*user\s*=\s*"([^"]+)"/m.exec(conf)?.[1]

/** The primary group comes first. A `+` before it marks a numeric id. */
export function findAccount(name: string, passwd: string, group: string): QemuUser | undefined {
  const wanted = name.replace(/^\+/, '')
  const entry = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login, , uid]) => login === wanted || uid === wanted)
  if (!entry) return undefined
  const [login = '', , uid, gid] = entry
  const others = group
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([, , , members]) => members?.split(',').includes(login))
    .map((fields) => Number(fields[2]))
  return { name: login, uid: Number(uid), groups: [Number(gid), ...others] }
}
