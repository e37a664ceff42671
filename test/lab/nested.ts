// A guest whose kernel has what the machine's may lack: an iSCSI initiator and a NFS client. Its programs are run by its
// guest agent, and by shims that stand in PATH for those of the machine.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cached } from './cache.ts'
import { enter, firstChild, type Outcome, run, signalIfAlive } from './namespace.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Addresses of the two ends of the wire. */
export const hostAddress = '10.77.0.1'

export interface Nested {
  /** The namespaces of the guest's wire: servers for it live there. */
  space: { pid: number; tempDir: string }
  /** Runs a program in the guest; any exit code is an answer. */
  exec(
    program: string,
    args?: readonly string[],
    options?: { input?: string; timeoutMs?: number },
  ): Promise<Outcome>
  /** A directory for PATH in which each of these names runs that program in the guest. */
  shims(...programs: string[]): Promise<string>
  stop(): Promise<void>
}

/** `inside`: namespaces that are there already; without it, new ones are made. */
export async function startNested(options: { inside?: { pid: number } } = {}): Promise<Nested> {
  const initrd = await cached({
    name: 'nested.initrd',
    program: here('./nested.sh'),
    inputs: [here('./nested/init')],
    packages: ['linux-image-cloud-amd64', 'busybox-static', 'qemu-guest-agent', 'open-iscsi', 'nfs-common'],
  })
  const dir = await mkdtemp(join(tmpdir(), 'nacelle-nested-'))
  const outer = options.inside ? undefined : namespaces()
  const space = { pid: options.inside?.pid ?? (await firstChild(outer?.pid ?? 0)), tempDir: dir }
  for (const words of wire) await run(space, 'ip', words)
  const machine = startMachine(space, initrd, join(dir, 'agent.sock'))
  const agent = await Agent.connect(join(dir, 'agent.sock'))
  await agent.waitUntilReady(120_000)
  return assemble({ dir, space, outer, machine, agent })
}

const wire = [
  ['link', 'set', 'lo', 'up'],
  ['tuntap', 'add', 'wire', 'mode', 'tap'],
  ['addr', 'add', `${hostAddress}/24`, 'dev', 'wire'],
  ['link', 'set', 'wire', 'up'],
]

/** Ends with us: the kernel kills unshare when this process dies, and its PID 1 takes all others along. */
function namespaces(): ChildProcess {
  const words = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=KILL', 'sleep', '1d']
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...words], { stdio: 'ignore' })
}

function startMachine(space: Nested['space'], initrd: string, socket: string): ChildProcess {
  const script = `kernel=$(ls /boot/vmlinuz-*-cloud-amd64 | sort -V | tail -1)
    exec setpriv --pdeathsig KILL qemu-system-x86_64 -M pc -accel tcg -m 384 -display none -no-reboot -serial null \\
      -kernel "$kernel" -initrd "$1" -append 'console=ttyS0 quiet net.ifnames=0' \\
      -netdev tap,id=n,ifname=wire,script=no,downscript=no -device virtio-net-pci,netdev=n \\
      -device virtio-rng-pci -device virtio-serial -chardev "socket,id=a,path=$2,server=on,wait=off" \\
      -device virtserialport,chardev=a,name=org.qemu.guest_agent.0`
  return spawn('nsenter', [...enter(space.pid), 'sh', '-c', script, 'sh', initrd, socket], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

type Parts = {
  dir: string
  space: Nested['space']
  outer: ChildProcess | undefined
  machine: ChildProcess
  agent: Agent
}

function assemble({ dir, space, outer, machine, agent }: Parts): Nested {
  let server: Server | undefined
  const exec: Nested['exec'] = (program, args = [], options) => agent.exec(program, args, options)
  return {
    space,
    exec,
    async shims(...programs) {
      const bin = join(dir, 'bin')
      const socket = join(dir, 'shim.sock')
      await mkdir(bin, { recursive: true })
      server ??= await serveShims(socket, exec)
      for (const program of programs) {
        const path = join(bin, program)
        await writeFile(path, shim(socket, program))
        await chmod(path, 0o755)
      }
      return bin
    },
    async stop() {
      server?.close()
      agent.close()
      signalIfAlive(await firstChild(machine.pid ?? 0), 'SIGKILL')
      if (outer) signalIfAlive(space.pid, 'SIGKILL')
      if (machine.exitCode === null && machine.signalCode === null) await once(machine, 'exit')
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** A program that hands its words to the test, and ends as the one in the guest did. */
const shim = (socket: string, program: string) => `#!${process.execPath}
const { connect } = require('node:net')
const socket = connect(${JSON.stringify(socket)})
let text = ''
socket.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => {
  const { stdout, stderr, exitCode } = JSON.parse(text)
  process.stderr.write(stderr, () => process.stdout.write(stdout, () => process.exit(exitCode)))
})
socket.end(JSON.stringify([${JSON.stringify(program)}, ...process.argv.slice(2)]))
`

async function serveShims(path: string, exec: Nested['exec']): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = ''
    socket.on('error', () => undefined)
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    socket.once('end', async () => {
      const [program = '', ...args] = JSON.parse(text) as string[]
      const outcome = await exec(program, args).catch((error: Error) => ({
        ...{ stdout: '', stderr: error.message, exitCode: 125 },
      }))
      socket.end(JSON.stringify(outcome))
    })
  })
  server.unref()
  server.listen(path)
  await once(server, 'listening')
  return server
}

interface ExecStatus {
  exited: boolean
  exitcode?: number
  signal?: number
  'out-data'?: string
  'err-data'?: string
}

/** The guest agent over its socket: one question at a time. */
class Agent {
  readonly #socket: Socket
  readonly #answers: AsyncIterator<string>
  #turn: Promise<unknown> = Promise.resolve()

  constructor(socket: Socket) {
    this.#socket = socket
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]()
  }

  static async connect(path: string): Promise<Agent> {
    for (let attempt = 0; attempt < 400; attempt++) {
      const socket = connect(path)
      const connected = await Promise.race([
        once(socket, 'connect').then(
          () => true,
          () => false,
        ),
      ])
      if (connected) return new Agent(socket)
      await delay(50)
    }
    throw new Error('QEMU made no socket for the guest agent in 20 s')
  }

  /** The first question waits in the channel until the agent is there. */
  async waitUntilReady(timeoutMs: number): Promise<void> {
    await Promise.race([
      this.#ask('guest-ping'),
      delay(timeoutMs, undefined, { ref: false }).then(() => {
        throw new Error(`the nested guest gave no answer in ${timeoutMs} ms`)
      }),
    ])
  }

  async exec(
    path: string,
    arg: readonly string[],
    { input, timeoutMs = 60_000 }: { input?: string; timeoutMs?: number } = {},
  ): Promise<Outcome> {
    const started = await this.#ask('guest-exec', {
      ...{ path, arg, env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C'], 'capture-output': true },
      ...(input === undefined ? {} : { 'input-data': Buffer.from(input).toString('base64') }),
    })
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const status = (await this.#ask('guest-exec-status', started as object)) as ExecStatus
      if (status.exited) return outcomeOf(status)
      if (performance.now() > deadline)
        throw new Error(`${path} ${arg.join(' ')}: not done in ${timeoutMs} ms`)
      await delay(100)
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  #ask(execute: string, args: object = {}): Promise<unknown> {
    const turn = this.#turn.then(async () => {
      this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`)
      const { value, done } = await this.#answers.next()
      if (done) throw new Error('the nested guest has gone')
      const answer = JSON.parse(value) as { return?: unknown; error?: { desc: string } }
      if (answer.error) throw new Error(`${execute}: ${answer.error.desc}`)
      return answer.return
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}

function outcomeOf(status: ExecStatus): Outcome {
  const text = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString()
  const exitCode = status.exitcode ?? 128 + (status.signal ?? 0)
  return { stdout: text(status['out-data']), stderr: text(status['err-data']), exitCode }
}
