// A real iSCSI target (tgtd) with LUNs in files, in network and PID namespaces of its own or inside a lab.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { enter, firstChild, run, signalIfAlive } from './namespace.ts'

export const iqn = 'iqn.2026-01.test.example:disks'

export interface TgtOptions {
  /** Sizes of LUN 1, 2, …. */
  lunBytes: number[]
  chap?: { user: string; password: string }
  /** Address that it listens on. */
  address?: string
  /** Process whose namespaces it lives in: a lab's. Without it, new ones are made. */
  inside?: { pid: number; tempDir: string }
}

export interface Tgt {
  /** The namespaces that reach it. */
  space: { pid: number; tempDir: string }
  portal: { name: string; port: number }
  /** Words before a command that put it there. */
  enter: string[]
  /** File behind a LUN. */
  file(lun: number): string
  addLun(lun: number, sizeBytes: number): Promise<void>
  removeLun(lun: number): Promise<void>
  /** As an administrator of the target would: a larger file, and the LUN made anew over it. */
  growLun(lun: number, sizeBytes: number): Promise<void>
  stop(): Promise<void>
}

export async function startTgt(options: TgtOptions): Promise<Tgt> {
  const dir = await mkdtemp(join(tmpdir(), 'nacelle-tgt-'))
  const outer = options.inside ? undefined : namespaces()
  const pid = options.inside?.pid ?? (await firstChild(outer?.pid ?? 0))
  const space = { pid, tempDir: dir }
  const address = options.address ?? '127.0.0.1'
  if (outer) await run(space, 'ip', ['link', 'set', 'lo', 'up'])
  const daemon = await startDaemon(space, dir, address)
  const tgt = assemble({ space, dir, address, daemon, outer })
  await describeTarget(tgt, options)
  return tgt
}

/** Ends with us: the kernel kills unshare when this process dies, and its PID 1 takes all others along. */
function namespaces(): ChildProcess {
  const words = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=KILL', 'sleep', '1d']
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...words], { stdio: 'ignore' })
}

async function startDaemon(space: Tgt['space'], dir: string, address: string): Promise<ChildProcess> {
  const log = await open(join(dir, 'tgtd.log'), 'w')
  const words = ['setpriv', '--pdeathsig', 'KILL', 'tgtd', '-f', '--iscsi', `portal=${address}:3260`]
  const daemon = spawn('nsenter', [...enter(space.pid), ...words], {
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, TGT_IPC_SOCKET: join(dir, 'tgtd.sock') },
  })
  await log.close()
  for (let attempt = 0; attempt < 300; attempt++) {
    if ((await admin(space, ['--op', 'show', '--mode', 'target'], true)).exitCode === 0) return daemon
    await delay(50)
  }
  throw new Error('tgtd gave no answer in 15 s')
}

const admin = (space: Tgt['space'], words: string[], allowFailure = false) =>
  run(space, 'tgtadm', ['--lld', 'iscsi', ...words], {
    env: { TGT_IPC_SOCKET: join(space.tempDir, 'tgtd.sock') },
    allowFailure,
  })

interface Parts {
  space: Tgt['space']
  dir: string
  address: string
  daemon: ChildProcess
  outer: ChildProcess | undefined
}

function assemble({ space, dir, address, daemon, outer }: Parts): Tgt {
  const file = (lun: number) => join(dir, `lun-${lun}`)
  const tgt: Tgt = {
    space,
    portal: { name: address, port: 3260 },
    enter: enter(space.pid),
    file,
    async addLun(lun, sizeBytes) {
      await writeFile(file(lun), '', { flag: 'a' })
      await truncate(file(lun), sizeBytes)
      const unit = ['--mode', 'logicalunit', '--tid', '1', '--lun', String(lun)]
      await admin(space, ['--op', 'new', ...unit, '-b', file(lun)])
      await admin(space, ['--op', 'update', ...unit, '--params', 'thin_provisioning=1'])
    },
    async removeLun(lun) {
      await admin(space, ['--op', 'delete', '--mode', 'logicalunit', '--tid', '1', '--lun', String(lun)])
    },
    async growLun(lun, sizeBytes) {
      await tgt.removeLun(lun)
      await tgt.addLun(lun, sizeBytes)
    },
    async stop() {
      // It does not end on SIGTERM; and nsenter, which started it, passes no signal on.
      signalIfAlive(await firstChild(daemon.pid ?? 0), 'SIGKILL')
      if (outer) signalIfAlive(space.pid, 'SIGKILL')
      await rm(dir, { recursive: true, force: true })
    },
  }
  return tgt
}

async function describeTarget(tgt: Tgt, { lunBytes, chap }: TgtOptions): Promise<void> {
  const { space } = tgt
  await admin(space, ['--op', 'new', '--mode', 'target', '--tid', '1', '-T', iqn])
  for (const [index, sizeBytes] of lunBytes.entries()) await tgt.addLun(index + 1, sizeBytes)
  await admin(space, ['--op', 'bind', '--mode', 'target', '--tid', '1', '-I', 'ALL'])
  if (!chap) return
  const account = ['--mode', 'account', '--user', chap.user]
  await admin(space, ['--op', 'new', ...account, '--password', chap.password])
  await admin(space, ['--op', 'bind', ...account, '--tid', '1'])
}
