// POST /search/guests/, pages of 50 out of 10,000 guests in the record, from another process on the same machine.
// Usage: node bench/search.ts [requests] [at once]      Aim: p99 ≤ 10 ms.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '../src/db/connect.ts'
import { createLocalZone, maxRows } from '../src/zone/local-zone.ts'
import type { Change } from '../src/zone/zone.ts'
import { type Appliance, startBoth } from '../test/e2e/harness.ts'
import { createGuest } from '../test/e2e/life.ts'
import type { Lab } from '../test/lab/libvirt.ts'
import { quantile, sayFigure, spread } from './figures.ts'

const requests = Number(process.argv[2] ?? 2000)
const atOnce = Number(process.argv[3] ?? 2)
const guests = 10_000
const ticksPerSecond = 100

/** A real guest, whose row the others are made of. */
async function patternRow(appliance: Appliance): Promise<string> {
  return createGuest(appliance, {
    ...{ name: 'pattern', owner: 'admin', group: 'manager', pool: 'default', cores: 1, memory: 192 << 20 },
    ...{ disks: [64 << 20] },
  })
}

/**
 * The guests belong to another cell: this one would make their domains, and their number in the record is what is
 * measured.
 */
async function fill(path: string, pattern: string): Promise<void> {
  const { sqlite, db, close } = openDatabase(path)
  const zone = createLocalZone({ sqlite, db })
  const row = db.query.guest.findFirst({ where: (guest, { eq }) => eq(guest.id, pattern) }).sync()
  const own = db.query.cell.findFirst().sync()
  if (!row || !own) throw new Error('the appliance has made no guest or no cell')
  const info = { who: 'bench', requestId: 'bench', action: 'fill the record' }
  const other: Change = { table: 'cell', key: 'other', before: null, after: { ...own, name: 'other' } }
  await zone.commit(info, [other])
  for (let first = 0; first < guests; first += maxRows) {
    const changes = Array.from({ length: Math.min(maxRows, guests - first) }, (_, offset): Change => {
      const after = { ...row, ...identityOf(first + offset), cell: 'other' }
      return { table: 'guest', key: after.id, before: null, after }
    })
    await zone.commit(info, changes)
  }
  close()
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')

/** Names, addresses and MACs that differ, with words that some keywords find often and others seldom. */
const identityOf = (index: number) => ({
  id: `${hex(index * 2654435761, 12).slice(-8)}-0000-4000-8000-${hex(index, 12)}`,
  name: `${['web', 'db', 'cache', 'build', 'desk'][index % 5]}${index}`,
  mac: `52:54:01:${hex(index >> 16, 2)}:${hex((index >> 8) & 255, 2)}:${hex(index & 255, 2)}`,
  address: `10.99.${index >> 8}.${index & 255}`,
  disks: [],
})

/** What people ask for: a page of all, of a pool, deep pages, a word that many have, one that few have, an address. */
const questions = [
  {},
  { pool: 'default' },
  { pool: 'default', cell: 'other', offset: 5000 },
  { offset: guests - 50 },
  { keyword: 'web' },
  { keyword: 'db77', pool: 'default' },
  { keyword: '10.99.7.' },
  { keyword: 'no guest has this' },
]

/** Milliseconds of each request. */
async function ask(lab: Lab, session: string): Promise<number[]> {
  const client = join(import.meta.dirname, 'search-client.ts')
  const request = JSON.stringify({ session, requests, atOnce, questions })
  const { stdout } = await lab.exec(process.execPath, [client, request], { timeoutMs: 600_000 })
  return JSON.parse(stdout) as number[]
}

/** Of the appliance's process alone. */
async function cpuTicks(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

const { lab, appliance, stop } = await startBoth()
try {
  const pattern = await patternRow(appliance)
  await appliance.stop()
  await fill(join(appliance.dataDir, 'nacelle.db'), pattern)
  await appliance.start()
  const before = await cpuTicks(appliance.pid)
  const times = await ask(lab, appliance.session)
  const cpuMs = ((await cpuTicks(appliance.pid)) - before) * (1000 / ticksPerSecond)
  console.log(`${times.length} requests, ${atOnce} at once: ${spread(times)}`)
  console.log(`p90 ${quantile(times, 0.9).toFixed(1)} ms, p99.9 ${quantile(times, 0.999).toFixed(1)} ms`)
  console.log(`CPU of the appliance: ${(cpuMs / times.length).toFixed(2)} ms a request`)
  const value = quantile(times, 0.99)
  sayFigure({ name: `search of ${guests} guests, p99`, value, unit: 'ms', aim: { most: 10 } })
} finally {
  await stop()
}
