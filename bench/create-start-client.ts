// The part of create-start.ts that runs in the lab: makes the pairs, writes each as a line of JSON.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface PairResult {
  /** From the request to the first answer that says the guest is there and runs. */
  apiMs: number
  /** From the first command to the end of the last. */
  bareMs: number
  /** The task's steps, by its journal. */
  steps: Record<string, number>
}

interface Machine {
  xml: string
  diskPath: string
  imagePath: string
}

const { image, session, pairs } = JSON.parse(process.argv[2] ?? '{}') as {
  image: string
  session: string
  pairs: number
}
const systemBytes = 128 << 20
const pollMs = 20
const execute = promisify(execFile)

const virsh = async (...words: string[]) =>
  (await execute('virsh', ['-q', '-c', 'qemu:///system', ...words])).stdout

async function call<T>(method: string, path: string, body?: object): Promise<{ status: number; data: T }> {
  const response = await fetch(`http://127.0.0.1:5870/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${session}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const answer = (await response.json()) as { data: T; message: string }
  if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status}: ${answer.message}`)
  return { status: response.status, data: answer.data }
}

/** Answers the guest and how long it took until it ran. */
async function throughApi(name: string): Promise<{ id: string; ms: number }> {
  const body = {
    ...{ name, owner: 'admin', group: 'manager', pool: 'default', cores: 1, memory: 192 << 20 },
    ...{ disks: [systemBytes], from_image: image, auto_start: true },
  }
  const begun = performance.now()
  const { data } = await call<{ id: string }>('POST', '/guests/', body)
  for (;;) {
    const { status, data: guest } = await call<{ running: boolean }>('GET', `/guests/${data.id}`)
    if (status === 200 && guest.running) return { id: data.id, ms: performance.now() - begun }
    await delay(pollMs)
  }
}

/** What to build by hand so that it is the same machine. */
async function machineOf(id: string): Promise<Machine> {
  const xml = await virsh('dumpxml', '--inactive', id)
  const diskPath = /<source file='([^']+\.qcow2)'/.exec(xml)?.[1] ?? ''
  const info = (await execute('qemu-img', ['info', '-U', '--output=json', diskPath])).stdout
  const imagePath = (JSON.parse(info) as { 'full-backing-filename': string })['full-backing-filename']
  return { xml, diskPath, imagePath }
}

async function bare(machine: Machine): Promise<number> {
  const id = randomUUID()
  const disk = join(dirname(machine.diskPath), `bare-${id}.qcow2`)
  const definition = join(tmpdir(), `${id}.xml`)
  const xml = machine.xml
    .replaceAll(machine.diskPath, disk)
    .replace(/<uuid>.*<\/uuid>/, `<uuid>${id}</uuid>`)
    .replace(/<name>.*<\/name>/, `<name>bare-${id}</name>`)
    .replace(/<mac address='52:54:00:..:..:..'\/>/, `<mac address='52:54:00:0b:a7:e0'/>`)
  await writeFile(definition, xml)
  const begun = performance.now()
  await execute('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', machine.imagePath, '-F', 'qcow2', disk])
  await execute('qemu-img', ['resize', '-q', disk, String(systemBytes)])
  await virsh('define', definition)
  await virsh('start', id)
  const ms = performance.now() - begun
  await virsh('destroy', id)
  await virsh('undefine', id)
  for (const path of [disk, definition]) await rm(path)
  return ms
}

async function stepsOf(id: string): Promise<Record<string, number>> {
  type Tasks = { tasks: { id: string; subject: string; kind: string }[] }
  const { tasks } = (await call<Tasks>('GET', '/tasks/')).data
  const task = tasks.find(({ subject, kind }) => subject === `guest:${id}` && kind === 'guest.create')
  if (!task) return {}
  type Events = { events: { step: string; event: string; time: string }[] }
  const { events } = (await call<Events>('GET', `/tasks/${task.id}`)).data
  const timeOf = (step: string, event: string) =>
    Date.parse(events.find((each) => each.step === step && each.event === event)?.time ?? '')
  const steps = new Set(events.map(({ step }) => step))
  return Object.fromEntries(
    [...steps].map((step) => [step, timeOf(step, 'succeeded') - timeOf(step, 'started')]),
  )
}

async function withApi(round: number): Promise<Pick<PairResult, 'apiMs' | 'steps'> & { machine: Machine }> {
  const { id, ms } = await throughApi(`bench-${round}`)
  const [machine, steps] = [await machineOf(id), await stepsOf(id)]
  await call('DELETE', `/guests/${id}`, { force: true })
  return { apiMs: ms, steps, machine }
}

// The first pair warms both up and does not count.
let { machine } = await withApi(0)
await bare(machine)
for (let round = 1; round <= pairs; round++) {
  // Which comes first alternates, so that neither has the quieter half of each pair.
  const early = round % 2 === 0 ? await bare(machine) : undefined
  const through = await withApi(round)
  machine = through.machine
  const bareMs = early ?? (await bare(machine))
  const result: PairResult = { apiMs: through.apiMs, bareMs, steps: through.steps }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
