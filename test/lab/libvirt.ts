import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { keepCapabilities, lendCapabilities } from './capabilities-cache.ts'
import { Forwarder } from './forward.ts'
import {
  firstChild,
  type LabProcess,
  namespaceOf,
  type Outcome,
  type RunOptions,
  run,
  type SpawnOptions,
  signalIfAlive,
  start,
} from './namespace.ts'

const prefix = 'nacelle-lab-'
const initPath = fileURLToPath(new URL('./lab-init.sh', import.meta.url))

/** The fast variant: QEMU as root, nothing relabelled, no cgroups, no mount namespace for each guest. */
const fastQemuConf = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "logd"
`

export type LabOptions = {
  /** Debian's untouched qemu.conf: user libvirt-qemu, dynamic ownership, remembered owners. */
  stock?: boolean
}

/** A private libvirt: own mount, network, PID, IPC and host-name namespaces, state under `dir`. */
export type Lab = {
  /** Everything that the lab keeps; a subdirectory of the system's temp directory, searchable by all. */
  dir: string
  /** TMPDIR of everything that runs inside. */
  tempDir: string
  /** PID 1 of the lab as the machine sees it. */
  pid: number
  /** The id of its PID namespace, as /proc names it. */
  pidNamespace: string
  stock: boolean
  /** Runs a command inside as root and waits; a non-zero exit is an error unless `allowFailure`. */
  exec(command: string, args?: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Starts a process inside; it dies with the lab. */
  spawn(command: string, args?: readonly string[], options?: SpawnOptions): Promise<LabProcess>
  /** Standard output of `virsh -q -c qemu:///system ARGS`, trimmed. */
  virsh(...args: string[]): Promise<string>
  /** A URL, usable outside, of the server on `port` of the lab's loopback. */
  url(port: number, scheme?: 'http' | 'https' | 'ws' | 'wss'): Promise<string>
  /** Ends every process inside and removes `dir`. */
  stop(): Promise<void>
}

/** Brings up a lab; resolves when libvirt answers. Needs root. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  await sweepAbandoned()
  const dir = await prepareDirectory(options.stock ?? false)
  const log = await open(join(dir, 'init.log'), 'w')
  const outer = spawn('setpriv', launchArguments(dir), { stdio: ['ignore', log.fd, log.fd], cwd: '/' })
  outer.unref() // a test that forgets to stop still ends, and its death ends the lab
  await log.close()
  try {
    const pid = await firstChild(outer.pid ?? 0)
    const lab = assemble({ dir, pid, pidNamespace: '', stock: options.stock ?? false, outer })
    await waitUntilUp(lab)
    lab.pidNamespace = await namespaceOf(pid)
    await keepCapabilities(dir, lab.stock)
    return lab
  } catch (error) {
    if (outer.pid) signalIfAlive(outer.pid, 'SIGKILL')
    const output = await readFile(join(dir, 'init.log'), 'utf8').catch(() => '')
    await rm(dir, { recursive: true, force: true })
    throw new Error(`the lab did not start: ${output}`, { cause: error })
  }
}

/** setpriv: the kernel ends unshare when this process dies. --kill-child: unshare's end is PID 1's end. */
function launchArguments(dir: string): string[] {
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--mount-proc']
  return [
    ...['--pdeathsig', 'KILL', 'unshare', ...namespaces],
    ...['--propagation', 'private', '--kill-child=KILL', 'bash', initPath, dir],
  ]
}

async function prepareDirectory(stock: boolean): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), prefix))
  await chmod(dir, 0o755) // the user libvirt-qemu walks through it
  await writeFile(join(dir, 'owner'), await identity(process.pid))
  for (const name of ['run', 'run/lock', 'run/libvirt', 'varlib', 'varcache', 'varlog', 'etc', 'tmp']) {
    await mkdir(join(dir, name), { mode: 0o755 })
  }
  await chmod(join(dir, 'tmp'), 0o1777)
  for (const name of ['qemu', 'images', 'boot', 'dnsmasq']) {
    await mkdir(join(dir, 'varlib', name), { mode: 0o755 })
  }
  await copyConfiguration(join(dir, 'etc'), stock)
  await lendCapabilities(dir, stock)
  return dir
}

/** Only the files that packages bring: definitions of the machine's own libvirt stay out. */
async function copyConfiguration(etc: string, stock: boolean): Promise<void> {
  for (const entry of await readdir('/etc/libvirt', { withFileTypes: true })) {
    const wanted = entry.name === 'nwfilter' || (entry.isFile() && entry.name.endsWith('.conf'))
    if (wanted)
      await cp(join('/etc/libvirt', entry.name), join(etc, entry.name), {
        recursive: true,
        preserveTimestamps: true,
      })
  }
  if (!stock) await writeFile(join(etc, 'qemu.conf'), fastQemuConf)
}

function assemble(base: Pick<Lab, 'dir' | 'pid' | 'pidNamespace' | 'stock'> & { outer: ChildProcess }): Lab {
  const { outer, ...facts } = base
  const space = { pid: facts.pid, tempDir: join(facts.dir, 'tmp') }
  const spawnInside: Lab['spawn'] = (command, args = [], options) => start(space, command, args, options)
  const forwarder = new Forwarder(join(facts.dir, 'relay.sock'), (args) =>
    spawnInside(process.execPath, args),
  )
  const exec: Lab['exec'] = (command, args = [], options) => run(space, command, args, options)
  return {
    ...facts,
    tempDir: space.tempDir,
    exec,
    spawn: spawnInside,
    virsh: async (...args) => (await exec('virsh', ['-q', '-c', 'qemu:///system', ...args])).stdout.trim(),
    url: async (port, scheme = 'http') => `${scheme}://127.0.0.1:${await forwarder.portFor(port)}`,
    stop: async () => {
      forwarder.close()
      outer.ref()
      const gone = outer.exitCode === null && outer.signalCode === null ? once(outer, 'exit') : undefined
      signalIfAlive(facts.pid, 'SIGKILL')
      await gone // the kernel lets PID 1 go only when all others of its namespace have gone
      await rm(facts.dir, { recursive: true, force: true })
    },
  }
}

async function waitUntilUp(lab: Lab): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const ready = await stat(join(lab.dir, 'up')).catch(() => undefined)
    const answer =
      ready && (await lab.exec('virsh', ['-c', 'qemu:///system', 'version'], { allowFailure: true }))
    if (answer?.exitCode === 0) return
    if ((await namespaceOf(lab.pid)) === '') throw new Error('PID 1 of the lab has ended')
    if (performance.now() > deadline)
      throw new Error(`libvirt gave no answer in 30 s: ${answer?.stderr ?? ''}`)
    await delay(30)
  }
}

/** A process, told from a later one with the same pid by its start time. '' when there is none. */
async function identity(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const startTime = text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  return startTime ? `${pid} ${startTime}` : ''
}

/** Removes the directories of labs whose test process was killed; their processes died with it. */
async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const dir = join(tmpdir(), name)
    const owner = await readFile(join(dir, 'owner'), 'utf8').catch(() => '')
    if (owner === '' || owner === (await identity(Number(owner.split(' ')[0])))) continue
    await rm(dir, { recursive: true, force: true })
  }
}
