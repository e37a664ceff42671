// A real NFS server (nfs-ganesha over the VFS) in the namespaces of a lab.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { enter, firstChild, run, signalIfAlive } from './namespace.ts'

export interface NfsExport {
  /** Pseudo path, as clients name it. */
  path: string
  /** Directory on this machine. */
  directory: string
  readOnly?: boolean
  squash?: boolean
}

export interface Ganesha {
  /** SIGKILL: the connection of its clients just ends. */
  kill(): void
  /** No packet of it is answered, as when the wire is cut; `resume` lets it go on. */
  freeze(): void
  resume(): void
  start(): Promise<void>
  stop(): Promise<void>
}

export async function startGanesha(options: {
  inside: { pid: number; tempDir: string }
  address: string
  exports: NfsExport[]
}): Promise<Ganesha> {
  const dir = await mkdtemp(join(tmpdir(), 'nacelle-ganesha-'))
  await mkdir(join(dir, 'recov'))
  await writeFile(join(dir, 'ganesha.conf'), configuration(options.address, options.exports))
  let daemon: ChildProcess | undefined
  const signal = async (name: NodeJS.Signals) => {
    if (daemon) signalIfAlive(await firstChild(daemon.pid ?? 0), name)
  }
  const ganesha: Ganesha = {
    kill: () => void signal('SIGKILL'),
    freeze: () => void signal('SIGSTOP'),
    resume: () => void signal('SIGCONT'),
    async start() {
      daemon = await launch(options.inside, dir)
      await waitForPort(options.inside, options.address)
    },
    async stop() {
      await signal('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    },
  }
  await ganesha.start()
  return ganesha
}

async function launch(space: { pid: number }, dir: string): Promise<ChildProcess> {
  const log = await open(join(dir, 'out.log'), 'w')
  const files = ['-L', join(dir, 'ganesha.log'), '-f', join(dir, 'ganesha.conf'), '-p', join(dir, 'pid')]
  const words = ['setpriv', '--pdeathsig', 'KILL', 'ganesha.nfsd', '-F', ...files, '-N', 'NIV_EVENT']
  const daemon = spawn('nsenter', [...enter(space.pid), ...words], { stdio: ['ignore', log.fd, log.fd] })
  await log.close()
  return daemon
}

async function waitForPort(space: { pid: number; tempDir: string }, address: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const script = `exec 3<>/dev/tcp/${address}/2049`
    if ((await run(space, 'bash', ['-c', script], { allowFailure: true })).exitCode === 0) return
    await delay(100)
  }
  throw new Error('ganesha took no connection in 20 s')
}

const configuration = (address: string, exports: readonly NfsExport[]) => `
NFS_CORE_PARAM { Bind_addr = ${address}; Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; mount_path_pseudo = true; }
NFSV4 { Graceless = true; RecoveryBackend = fs; Minor_Versions = 1,2; Only_Numeric_Owners = true; }
NFS_KRB5 { Active_krb5 = false; }
LOG { Default_Log_Level = EVENT; }
${exports.map(exportText).join('\n')}`

const exportText = ({ path, directory, readOnly, squash }: NfsExport, index: number) => `
EXPORT {
  Export_Id = ${index + 1}; Path = ${directory}; Pseudo = ${path}; Access_Type = ${readOnly ? 'RO' : 'RW'};
  Squash = ${squash ? 'Root_Squash' : 'No_Root_Squash'}; SecType = sys; Protocols = 4; Transports = TCP;
  FSAL { Name = VFS; }
}`
