import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { quietLog } from '../../../test/support/quiet-log.ts'
import { type FigureFile, openFigureFile } from '../../db/figure-file.ts'
import { hourMs, type Summary } from './blocks.ts'
import { figureFields } from './figure.ts'
import { coarseSpanMs, FigureHistory } from './history.ts'

const t0 = Math.floor(1_800_000_000_000 / hourMs) * hourMs
const minuteMs = 60_000

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nacelle-figures-'))
})
after(() => rm(directory, { recursive: true, force: true }))

let count = 0
const freshPath = () => join(directory, `figures-${++count}.db`)

interface World {
  history: FigureHistory
  file: FigureFile
  path: string
  time: { now: number }
  room: { left: boolean }
}

async function open(path = freshPath(), now = t0): Promise<World> {
  const time = { now }
  const room = { left: true }
  const file = openFigureFile(path)
  const history = new FigureHistory({ log: quietLog(), now: () => time.now, mayWrite: () => room.left })
  await history.open(file)
  return { history, file, path, time, room }
}

const row = (value: number) => figureFields.map(() => value)

/** Looks every `everyMs` until then; each value is the number of the hour and minute it began in, unless told. */
async function pass(
  { history, time }: World,
  untilMs: number,
  { names = ['a'], everyMs = 10_000, value = (ms: number) => Math.floor((ms - t0) / minuteMs) } = {},
): Promise<void> {
  while (time.now < untilMs) {
    const from = time.now
    time.now += everyMs
    for (const name of names) history.record(name, from, time.now, row(value(from)))
    await history.settle()
  }
}

async function read(
  world: World,
  fromMs: number,
  toMs: number,
  stepMs: number,
  name = 'a',
): Promise<Summary> {
  const series = await world.history.read({ name, fromMs, toMs, stepMs, fields: ['readBytesPerSecond'] })
  return series.get('readBytesPerSecond') as Summary
}

const gap = Number.NaN

describe('the history of figures', () => {
  it('has an hour by ten seconds and everything by ten minutes', async () => {
    const world = await open()
    await pass(world, t0 + 3 * hourMs)
    const fine = await read(world, t0 + 2 * hourMs, t0 + 3 * hourMs, 10_000)
    assert.equal(fine.avg.length, 360)
    assert.deepEqual([fine.avg[0], fine.avg[6], fine.avg[359]], [120, 121, 179])
    assert.deepEqual(fine.min, fine.avg)
    const coarse = await read(world, t0 - hourMs, t0 + 3 * hourMs, 600_000)
    assert.deepEqual([...coarse.avg.slice(0, 8)], [gap, gap, gap, gap, gap, gap, 5, 15])
    assert.deepEqual([...coarse.min.slice(6, 9)], [0, 10, 20])
    assert.deepEqual([...coarse.max.slice(6, 9)], [9, 19, 29])
    assert.equal(coarse.avg[23], 175)
    const byHour = await read(world, t0, t0 + 3 * hourMs, hourMs)
    assert.deepEqual([...byHour.avg], [30, 90, 150])
    assert.deepEqual([...byHour.max], [59, 119, 179])
    await world.history.close()
  })

  it('is what it was after a stop and a start, and goes on', async () => {
    const world = await open()
    await pass(world, t0 + hourMs + 37 * minuteMs)
    await world.history.close()
    const again = await open(world.path, world.time.now)
    await pass(again, t0 + 2 * hourMs + minuteMs)
    const fine = await read(again, t0 + hourMs + minuteMs, t0 + 2 * hourMs, 10_000)
    assert.deepEqual(
      [...fine.avg],
      Array.from({ length: 354 }, (_, index) => 61 + Math.floor(index / 6)),
    )
    const coarse = await read(again, t0, t0 + 2 * hourMs, 600_000)
    assert.deepEqual([...coarse.avg].map(Math.round), [5, 15, 25, 35, 45, 55, 65, 75, 85, 95, 105, 115])
    await again.history.close()
  })

  it('loses the batch that was being filled when the appliance is killed, and no more', async () => {
    const world = await open()
    await pass(world, t0 + hourMs + 37 * minuteMs)
    // As after kill -9: nothing is flushed. The file is closed so that another may open it.
    world.file.close()
    const again = await open(world.path, world.time.now + 10_000)
    const fine = await read(again, t0 + hourMs, t0 + hourMs + 40 * minuteMs, 10_000)
    const known = [...fine.avg].filter((value) => !Number.isNaN(value)).length
    assert.equal(known, 35 * 6)
    const coarse = await read(again, t0, t0 + 2 * hourMs, 600_000)
    assert.deepEqual([...coarse.max].map(Math.round), [9, 19, 29, 39, 49, 59, 69, 79, 89, 94, gap, gap])
    await again.history.close()
  })

  it('summarizes hours that the last run could not, however long it is ago', async () => {
    const world = await open()
    await pass(world, t0 + hourMs + 55 * minuteMs)
    await world.history.close()
    const later = t0 + 50 * hourMs
    const again = await open(world.path, later)
    await pass(again, later + minuteMs)
    const coarse = await read(again, t0, t0 + 2 * hourMs, hourMs)
    assert.deepEqual([...coarse.max], [59, 114])
    await again.history.close()
  })

  it('shows gaps where nobody looked', async () => {
    const world = await open()
    await pass(world, t0 + 10 * minuteMs)
    world.time.now = t0 + 25 * minuteMs
    await pass(world, t0 + 30 * minuteMs)
    const { avg } = await read(world, t0, t0 + 30 * minuteMs, 600_000)
    assert.deepEqual([...avg].map(Math.round), [5, gap, 27])
    await world.history.close()
  })

  it('goes with the thing, at once and for good', async () => {
    const world = await open()
    await pass(world, t0 + 2 * hourMs, { names: ['a', 'b'] })
    world.history.forget('a')
    const before = await read(world, t0, t0 + 2 * hourMs, 600_000)
    assert.ok(before.avg.every(Number.isNaN))
    assert.deepEqual(world.history.names(), ['b'])
    await world.history.close()
    const again = await open(world.path, world.time.now)
    assert.deepEqual(again.history.names(), ['b'])
    // The same name again is another thing.
    await pass(again, t0 + 3 * hourMs, { names: ['a', 'b'], value: () => 1 })
    const after = await read(again, t0, t0 + 3 * hourMs, hourMs)
    assert.deepEqual([...after.avg], [gap, gap, 1])
    assert.equal((await read(again, t0, t0 + 3 * hourMs, hourMs, 'b')).avg[0], 30)
    await again.history.close()
  })

  it('keeps 30 days and no more', async () => {
    const world = await open()
    await pass(world, t0 + 2 * hourMs, { everyMs: minuteMs })
    world.time.now = t0 + coarseSpanMs + hourMs - minuteMs
    await pass(world, t0 + coarseSpanMs + hourMs + minuteMs, { everyMs: minuteMs })
    const { avg } = await read(world, t0, t0 + 2 * hourMs, hourMs)
    assert.deepEqual([...avg], [gap, 90])
    await world.history.close()
  })

  it('is in memory only while the disk is full', async () => {
    const world = await open()
    world.room.left = false
    await pass(world, t0 + 2 * hourMs)
    const fine = await read(world, t0 + hourMs, t0 + 2 * hourMs, 10_000)
    assert.equal(fine.avg[359], 119)
    assert.deepEqual(world.file.fineStarts(), [])
    world.room.left = true
    await pass(world, t0 + 3 * hourMs)
    assert.deepEqual([...(await read(world, t0, t0 + 3 * hourMs, hourMs)).avg], [gap, gap, 150])
    await world.history.close()
  })

  it('is read and written while the file fails, without throwing', async () => {
    const world = await open()
    await pass(world, t0 + 10 * minuteMs)
    world.file.close()
    await pass(world, t0 + 20 * minuteMs)
    world.history.forget('b')
    assert.equal((await read(world, t0, t0 + 20 * minuteMs, 10_000)).avg[119], 19)
  })

  it('that is damaged is put aside', async () => {
    const world = await open()
    await pass(world, t0 + 10 * minuteMs)
    await world.history.close()
    await writeFile(world.path, 'this is no database, and it is long enough to be looked at'.repeat(100))
    const file = openFigureFile(world.path)
    assert.match(file.damage ?? '', /not a database/)
    assert.deepEqual(file.names(), [])
    file.close()
    assert.ok((await readFile(`${world.path}.damaged`)).length > 0)
    assert.equal((await stat(world.path)).mode & 0o777, 0o600)
  })
})

describe('the history of 1,000 guests that do little', () => {
  it('writes at most 50 MB a day, and never holds up the event loop for long', async (t) => {
    const world = await open()
    const names = Array.from({ length: 1000 }, (_, index) => `guest:${index}`)
    let seed = 11
    const random = () => {
      seed = (seed * 48271) % 2147483647
      return seed / 2147483647
    }
    // A little of the processor, now and then a line of a log and a broadcast: none repeats the other's numbers.
    const idle = (index: number): number[] => [
      Math.round(40 + 60 * random()) / 100,
      (300 + (index % 50)) * 2 ** 20 + Math.round(random() * 2 ** 20),
      4e9 - index * 4096,
      0,
      random() < 0.15 ? Math.round(4096 * (1 + 3 * random())) / 10 : 0,
      Math.round(60 + 240 * random()),
      random() < 0.1 ? Math.round(60 * random()) : 0,
    ]
    const taken: number[] = []
    const looks = 6 * 60
    const written = await bytesWritten()
    for (let look = 0; look < looks; look++) {
      const from = world.time.now
      world.time.now += 10_000
      const cpu = process.threadCpuUsage()
      for (const [index, name] of names.entries())
        world.history.record(name, from, world.time.now, idle(index))
      const used = process.threadCpuUsage(cpu)
      taken.push((used.user + used.system) / 1000)
      await world.history.settle()
    }
    await world.history.close()
    const perDay = ((await bytesWritten()) - written) * 24
    const usualMs = taken.toSorted((a, b) => a - b)[Math.floor(looks * 0.9)] ?? 0
    t.diagnostic(
      `${(perDay / 1e6).toFixed(1)} MB a day; recording a look took ${usualMs.toFixed(1)} ms (p90)`,
    )
    assert.ok(perDay > 0 && perDay <= 50e6, `${perDay} bytes a day`)
    assert.ok(usualMs < 50, `${usualMs} ms`)
  })
})

/** What this process has sent towards the disk. */
async function bytesWritten(): Promise<number> {
  return Number(/^write_bytes: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8'))?.[1])
}
