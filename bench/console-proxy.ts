// Console proxy against Debian's websockify: CPU seconds per GiB and MB/s, as ratios of one run.
// Usage: node bench/console-proxy.ts [rounds]      Aims: CPU ≤ 0.75, MB/s ≥ 1.0.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const rounds = Number(process.argv[2] ?? 5)
const bytes = 1024 ** 3
const ticksPerSecond = 100
const processes = join(import.meta.dirname, 'console-processes.ts')
const children: ChildProcess[] = []

interface Result {
  megabytesPerSecond: number
  cpuSecondsPerGiB: number
}

function run(role: string, ...args: number[]): ChildProcess {
  const child = spawn(process.execPath, [processes, role, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

const told = async (child: ChildProcess) =>
  Number((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0])

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** CPU seconds of a process, its ended children and its living ones. */
async function cpuSeconds(pid: number): Promise<number> {
  let ticks = 0
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    if (Number(name) !== pid && fields[1] !== pid) continue
    ticks += fields.slice(11, Number(name) === pid ? 15 : 13).reduce((sum, value) => sum + value, 0)
  }
  return ticks / ticksPerSecond
}

async function measure(pid: number, port: number): Promise<Result> {
  const before = await cpuSeconds(pid)
  const elapsedMs = await told(run('sink', port, bytes))
  // A child that has ended counts as soon as its parent has asked for it.
  await sleep(500)
  const cpu = (await cpuSeconds(pid)) - before
  return { megabytesPerSecond: bytes / 1e6 / (elapsedMs / 1000), cpuSecondsPerGiB: cpu }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number

const sourcePort = await told(run('source'))
const bridge = run('bridge', sourcePort)
const bridgePort = await told(bridge)
const websockifyPort = await freePort()
const websockify = spawn('websockify', [`127.0.0.1:${websockifyPort}`, `127.0.0.1:${sourcePort}`], {
  stdio: 'ignore',
})
children.push(websockify)
await sleep(1500)

const ours: Result[] = []
const theirs: Result[] = []
// One round warms both up and does not count.
for (let round = 0; round <= rounds; round++) {
  const mine = await measure(bridge.pid as number, bridgePort)
  const other = await measure(websockify.pid as number, websockifyPort)
  if (round === 0) continue
  ours.push(mine)
  theirs.push(other)
  const show = ({ megabytesPerSecond, cpuSecondsPerGiB }: Result) =>
    `${megabytesPerSecond.toFixed(0)} MB/s ${cpuSecondsPerGiB.toFixed(2)} s/GiB`
  console.log(`round ${round}: nacelle ${show(mine)}   websockify ${show(other)}`)
}
for (const child of children) child.kill()

const ratio = (key: keyof Result) => median(ours.map((r) => r[key])) / median(theirs.map((r) => r[key]))
console.log(`CPU per GiB, ratio of medians: ${ratio('cpuSecondsPerGiB').toFixed(2)} (aim ≤ 0.75)`)
console.log(`MB/s, ratio of medians: ${ratio('megabytesPerSecond').toFixed(2)} (aim ≥ 1.0)`)
