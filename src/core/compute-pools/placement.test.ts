import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { openTestZone, type TestZone, testCommit } from '../../../test/support/zone.ts'
import type { CellFigures } from '../figures/figure.ts'
import { createPlacement, type PlaceRequest } from './placement.ts'

interface Host {
  enabled?: boolean
  alive?: boolean
  bridge?: string | null
  bridges?: string[]
  storageError?: string
  limitBytes?: number
  committedBytes?: number
  cpuUsagePercent?: number
  memoryAvailableBytes?: number
}

let state: TestZone
let hosts: Record<string, Host>
beforeEach(() => {
  state = openTestZone()
})
afterEach(() => state.close())

async function pool(cells: Record<string, Host>) {
  hosts = cells
  const row = { enabled: true, storage: null, network: null, failover: false, createdAt: 0 }
  await state.zone.commit(testCommit, [
    {
      ...{ table: 'computePool', key: 'p', before: null },
      after: { ...row, name: 'p', networkMode: 'share' },
    },
    ...Object.entries(cells).map(([name, { enabled = true, bridge = null }]) => ({
      ...{ table: 'cell' as const, key: name, before: null },
      after: { name, pool: 'p', address: '', enabled, bridge, createdAt: 0 },
    })),
  ])
}

const choose = (extra: Partial<PlaceRequest> = {}) =>
  createPlacement({
    zone: state.zone,
    alive: (cell) => hosts[cell]?.alive ?? true,
    attached: async (cell, name) => {
      const error = hosts[cell]?.storageError
      return error ? { name, attached: false, error } : { name, attached: true }
    },
    bridges: async (cell) => hosts[cell]?.bridges ?? ['br0'],
    memory: {
      of: (cell) => ({
        limitBytes: hosts[cell]?.limitBytes ?? 100,
        committedBytes: hosts[cell]?.committedBytes ?? 0,
      }),
    },
    figuresOf: (cell) =>
      ({
        updatedAt: 1,
        cpuUsagePercent: hosts[cell]?.cpuUsagePercent ?? 10,
        memoryAvailableBytes: hosts[cell]?.memoryAvailableBytes ?? 1000,
      }) as CellFigures,
  }).choose({
    pool: { name: 'p', networkMode: 'share' },
    storage: 'local',
    memoryBytes: 10,
    starts: true,
    ...extra,
  })

test('the cell with the most free memory is chosen, and a busy one last', async () => {
  await pool({
    a: { committedBytes: 50 },
    b: { committedBytes: 20 },
    c: { cpuUsagePercent: 80 },
    d: { memoryAvailableBytes: 40 },
  })
  assert.equal(await choose(), 'b')
  assert.equal(await choose({ memoryBytes: 90 }), 'd')
  assert.equal(await choose({ memoryBytes: 100, starts: false }), 'b')
})

test('a busy cell is better than none', async () => {
  await pool({ a: { cpuUsagePercent: 99 }, b: { enabled: false } })
  assert.equal(await choose(), 'a')
})

test('where no cell can take it, each is told of', async () => {
  await pool({
    a: { enabled: false },
    b: { alive: false },
    c: { storageError: 'the server does not answer' },
    d: { committedBytes: 95 },
    e: { bridge: 'br1', committedBytes: 95 },
  })
  await assert.rejects(choose(), (error: Error & { code?: string; details?: { cells: object[] } }) => {
    assert.equal(error.code, 'insufficient_capacity')
    assert.deepEqual(
      error.details?.cells.map((cell) => Object.values(cell).join(' ').slice(0, 40)),
      [
        'a is disabled',
        'b does not answer',
        "c cannot use storage pool 'local': the server does not answer".slice(0, 40),
        'd has memory of 100 bytes for guests, of which'.slice(0, 40),
        'e has memory of 100 bytes for guests, of which'.slice(0, 40),
      ],
    )
    assert.match(error.message, /'a' is disabled; cell 'b' does not answer; /)
    return true
  })
  const plain = { pool: { name: 'p', networkMode: 'plain' as const } }
  await assert.rejects(choose(plain), /cell 'd' has no bridge .*cell 'e' has lost its bridge 'br1'/)
})

test('a pool without cells says so', async () => {
  await pool({})
  await assert.rejects(choose(), /it has no cells/)
})
