import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Lab } from './libvirt.ts'

const script = fileURLToPath(new URL('./ceph-mini.sh', import.meta.url))
const user = 'nacelle'
const sizeBytes = 8 * 2 ** 30

/** A real one-node Ceph on the loopback of a lab; it ends with the lab and leaves nothing. */
export interface Ceph {
  monitor: { name: string; port: number }
  pool: string
  /** A user with the rights that the appliance asks for, and no more. */
  user: string
  key: string
  /** The administrator's configuration, for a look from outside; usable inside the lab. */
  conf: string
  /** Runs a tool of Ceph as its administrator; gives stdout, trimmed. */
  admin(tool: 'ceph' | 'rbd' | 'rados', ...words: string[]): Promise<string>
  /** The key of another user with these rights, e.g. of one that may only read. */
  addUser(name: string, caps: Record<'mon' | 'osd' | 'mgr', string>): Promise<string>
}

/** Takes about nine seconds. */
export async function startCeph(lab: Lab): Promise<Ceph> {
  const directory = join(lab.dir, 'ceph')
  await mkdir(directory)
  await lab.exec('bash', [script, directory, String(sizeBytes)], { timeoutMs: 120_000 })
  const conf = join(directory, 'ceph.conf')
  const admin: Ceph['admin'] = async (tool, ...words) =>
    (await lab.exec(tool, ['-c', conf, ...words])).stdout.trim()
  const addUser: Ceph['addUser'] = async (name, caps) => {
    const words = Object.entries(caps).flat()
    await admin('ceph', 'auth', 'get-or-create', `client.${name}`, ...words)
    return admin('ceph', 'auth', 'get-key', `client.${name}`)
  }
  const profile = 'profile rbd pool=rbd'
  const key = await addUser(user, { mon: 'profile rbd', osd: profile, mgr: profile })
  return { monitor: { name: '127.0.0.1', port: 6789 }, pool: 'rbd', user, key, conf, admin, addUser }
}
