// A day of figures as a host that works has them, so that charts in pictures have something to show.
import { join } from 'node:path'
import { historyName } from '../../src/core/figures/charts.ts'
import { FigureHistory } from '../../src/core/figures/history.ts'
import { openFigureFile } from '../../src/db/figure-file.ts'
import { loadSqliteBinding } from '../../src/packaging/addons.ts'
import { quietLog } from '../support/quiet-log.ts'
import type { Stage } from './stage.ts'

const stepMs = 10_000
const hours = 25
const lookMs = 2_000
const gibibyte = 2 ** 30
const mebibyte = 2 ** 20

/** Writes it for the zone, its pool and cell, and every guest; from then on there is a look every two seconds. Gives what ends that. */
export async function giveHistory({ world, guests }: Stage): Promise<() => void> {
  const { figures } = world.appliance
  // It holds the file open, and forgets what it does not know.
  await figures.stop()
  const host: Subject = { name: historyName.zone, memoryBytes: 64 * gibibyte, weight: 8 }
  goOn(world, host)
  await writeHistory(world.dataDir, [
    ...[historyName.zone, historyName.pool('default'), historyName.cell('here')].map((name) => ({
      ...host,
      name,
    })),
    ...Object.values(guests).map((id) => ({
      name: historyName.guest(id),
      memoryBytes: 4 * gibibyte,
      weight: 1,
    })),
  ])
  await figures.start()
  const timer = setInterval(() => void figures.look(), lookMs)
  return () => clearInterval(timer)
}

interface Subject {
  name: string
  memoryBytes: number
  /** How much more it moves than a guest. */
  weight: number
}

async function writeHistory(dataDir: string, subjects: readonly Subject[]): Promise<void> {
  const end = Date.now() - (Date.now() % stepMs)
  let at = end - hours * 3_600_000
  const history = new FigureHistory({ log: quietLog(), now: () => at, mayWrite: () => true })
  await history.open(openFigureFile(join(dataDir, 'figures.db'), { nativeBinding: loadSqliteBinding() }))
  for (; at < end; at += stepMs) {
    for (const [index, subject] of subjects.entries())
      history.record(subject.name, at - stepMs, at, valuesAt(at, index, subject))
    await history.settle()
  }
  await history.close()
}

/** The host's counters rise from now on as its history ends. */
function goOn({ drivers }: Stage['world'], host: Subject): void {
  const { meter } = drivers
  const read = meter.read.bind(meter)
  const risen = [0, 0, 0, 0, 0]
  let last = Date.now()
  meter.read = async () => {
    const counters = await read()
    const now = Date.now()
    const [load = 0, memoryAvailableBytes = 0, , ...rates] = valuesAt(now, 0, host)
    for (const [index, rate] of [(load / 100) * counters.cores, ...rates].entries())
      risen[index] = (risen[index] ?? 0) + (rate * (now - last)) / 1000
    last = now
    const [cpuBusy = 0, bytesRead = 0, bytesWritten = 0, bytesReceived = 0, bytesSent = 0] = risen
    return { ...counters, memoryAvailableBytes, cpuBusy, bytesRead, bytesWritten, bytesReceived, bytesSent }
  }
}

/** In the order of `figureFields`; slow and quick waves, and a little noise that is the same in every run. */
function valuesAt(at: number, phase: number, { memoryBytes, weight }: Subject): number[] {
  const wave = (periodMinutes: number) =>
    (1 + Math.sin((at / 60_000 / periodMinutes) * 2 * Math.PI + phase * 1.7)) / 2
  const noise = wave(0.7) * wave(1.3) * wave(3.1)
  const load = 0.08 + 0.22 * wave(1_440) + 0.12 * wave(47) + 0.08 * wave(11) + 0.1 * noise
  const bytes = weight * mebibyte
  return [
    load * 100,
    memoryBytes * (0.62 - 0.2 * wave(300) - 0.05 * wave(19)),
    700 * gibibyte,
    bytes * 0.4 * (load + noise),
    bytes * 1.1 * (load + wave(23) / 3),
    bytes * 0.8 * load,
    bytes * 1.6 * (load + noise / 2),
  ]
}
