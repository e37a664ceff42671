// The appliance on its own: from the start of the process to its first answer, what it keeps in memory when idle, and
// what it writes to the disk when nothing happens, with a guest that runs and one that does not.
// Usage: node bench/start-up.ts [starts] [idle seconds]      Aims: ≤ 250 ms, ≤ 40 MiB, ≤ 50 MB a day.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { program, startBoth } from '../test/e2e/harness.ts'
import { createGuest, uploadTiny } from '../test/e2e/life.ts'
import type { Lab } from '../test/lab/libvirt.ts'
import { median, sayFigure, spread } from './figures.ts'

const starts = Number(process.argv[2] ?? 11)
const idleSeconds = Number(process.argv[3] ?? 120)
const settleSeconds = 60
const daySeconds = 86_400

/** From the spawn, in the lab, to the first answer of an address that looks at nothing but the process. */
async function firstAnswers(lab: Lab, dataDir: string): Promise<number[]> {
  const request = JSON.stringify({ command: await program(), dataDir, starts })
  const client = join(import.meta.dirname, 'start-up-client.ts')
  const { stdout } = await lab.exec(process.execPath, [client, request], { timeoutMs: 300_000 })
  return JSON.parse(stdout) as number[]
}

/**
 * Pages that only this process has. Dirty ones are what the machine would get back if it ended; clean ones are pages of
 * the executable, which the kernel takes back whenever it wants them.
 */
async function privateMebibytes(pid: number | undefined): Promise<{ dirty: number; clean: number }> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  const figure = (name: string) =>
    Number(new RegExp(`^Private_${name}: +(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  return { dirty: figure('Dirty'), clean: figure('Clean') }
}

/** What the process has caused to be written, minus what was dropped before it was. */
async function writtenBytes(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8')
  const figure = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return figure('write_bytes') - figure('cancelled_write_bytes')
}

const { lab, appliance, stop } = await startBoth()
try {
  const image = await uploadTiny(appliance)
  const body = {
    ...{ owner: 'admin', group: 'manager', pool: 'default', cores: 1, memory: 192 << 20 },
    ...{ disks: [128 << 20], from_image: image },
  }
  await createGuest(appliance, { ...body, name: 'stopped' })
  await createGuest(appliance, { ...body, name: 'running', auto_start: true })
  await appliance.stop()
  const times = await firstAnswers(lab, appliance.dataDir)
  console.log(`${times.length} starts: ${spread(times)}`)
  sayFigure({ name: 'start to first answer', value: median(times), unit: 'ms', aim: { most: 250 } })
  await appliance.start()
  await delay(settleSeconds * 1000)
  const { dirty, clean } = await privateMebibytes(appliance.pid)
  console.log(`clean pages of the executable: ${clean.toFixed(1)} MiB`)
  sayFigure({ name: 'idle private memory', value: dirty, unit: 'MiB', aim: { most: 40 } })
  const before = await writtenBytes(appliance.pid)
  await delay(idleSeconds * 1000)
  const written = (await writtenBytes(appliance.pid)) - before
  console.log(`written in ${idleSeconds} idle seconds: ${written} bytes`)
  const aDay = (written / idleSeconds) * (daySeconds / 1e6)
  sayFigure({ name: 'idle disk writes', value: aDay, unit: 'MB a day', aim: { most: 50 } })
} finally {
  await stop()
}
