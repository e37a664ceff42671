import { readdir, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename } from 'node:path'
import type { PortFacts } from '../../core/doctor/port.ts'
import { readIfThere } from './files.ts'

interface Place {
  host: string
  port: number
  /** Abstract name of the socket that marks a Nacelle on the data directory, without the leading NUL. */
  lockName: string
}

/** Tries to listen for a moment; where that is refused, looks for who does. */
export async function portFacts({ host, port, lockName }: Place): Promise<PortFacts> {
  const refused = await bindCode(host, port)
  const lock = await lockInode(lockName)
  const facts = { host, port, refused, running: lock !== undefined }
  if (refused !== 'EADDRINUSE') return facts
  const holder = await findHolder(await listeners(port))
  if (!holder) return facts
  const nacelle = lock !== undefined && holder.sockets.has(lock)
  return { ...facts, holder: { pid: holder.pid, name: await nameOf(holder.pid), nacelle } }
}

/** Inode of the abstract socket of that name; undefined while nobody holds it. */
export const lockInode = async (lockName: string): Promise<string | undefined> =>
  parseUnixInode((await readIfThere('/proc/net/unix')) ?? '', `@${lockName}`)

function bindCode(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('')))
  })
}

async function listeners(port: number): Promise<Set<string>> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readIfThere))
  return new Set(tables.flatMap((table) => parseListeners(table ?? '', port)))
}

/** Inodes of the sockets that listen on a port, of a table of /proc/net. */
export const parseListeners = (table: string, port: number): string[] =>
  table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[3] === '0A' && Number.parseInt(words[1]?.split(':')[1] ?? '', 16) === port)
    .flatMap((words) => words[9] ?? [])

/** Inode of the listening socket of that name, of /proc/net/unix. */
export const parseUnixInode = (table: string, name: string): string | undefined =>
  table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((words) => words[7] === name)?.[6]

async function findHolder(inodes: ReadonlySet<string>) {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const sockets = await socketsOf(entry)
    if ([...inodes].some((inode) => sockets.has(inode))) return { pid: Number(entry), sockets }
  }
  return undefined
}

/** None for processes that have gone, or whose files only root may see. */
async function socketsOf(pid: string): Promise<Set<string>> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')))
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
}

async function nameOf(pid: number): Promise<string> {
  const words = (await readIfThere(`/proc/${pid}/cmdline`).catch(() => ''))?.split('\0') ?? []
  return basename(words[0] ?? '') || 'a process'
}
