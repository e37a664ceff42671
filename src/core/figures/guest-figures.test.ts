import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { LiveGuests } from '../guests/live.ts'
import type { DomainStats, Hypervisor } from '../hypervisor.ts'
import { GuestFiguresTable } from './guest-figures.ts'

/** A hypervisor that says what it is told, and counts how often it is asked. */
function world() {
  const state = { stats: [] as DomainStats[], asked: 0, fails: false, answersAfterMs: 0 }
  const hypervisor = {
    async stats() {
      state.asked++
      await delay(state.answersAfterMs)
      if (state.fails) throw new Error('libvirt is down')
      return state.stats
    },
  } as Partial<Hypervisor> as Hypervisor
  const live = new LiveGuests(hypervisor)
  const table = new GuestFiguresTable({ hypervisor, live })
  return { state, live, table }
}

const guest = (id: string, counted: number, more: Partial<DomainStats> = {}): DomainStats => ({
  ...{
    id,
    state: 'running',
    cpuTimeNs: counted * 1e6,
    cores: 1,
    memoryBytes: 2048,
    memoryAvailableBytes: 1024,
  },
  ...{ bytesRead: counted, bytesWritten: counted, readOperations: 0, writeOperations: 0 },
  ...{ bytesReceived: counted, bytesSent: counted },
  disks: [{ target: 'vda', capacityBytes: 100, allocationBytes: 30 }],
  ...more,
})

describe('figures of guests', () => {
  it('are rates from the second look on, and gone when the guest stops', async () => {
    const { state, live, table } = world()
    live.set('a', 'running')
    state.stats = [guest('a', 0)]
    await table.look()
    assert.equal(table.of('a')?.cpuUsagePercent, 0)
    assert.equal(table.of('a')?.sinceMs, null)
    assert.equal(table.of('a')?.diskAvailableBytes, 70)
    await delay(600)
    state.stats = [guest('a', 300)]
    await table.look()
    const seen = table.of('a')
    assert.ok(
      (seen?.cpuUsagePercent ?? 0) > 30 && (seen?.cpuUsagePercent ?? 0) <= 50,
      `${seen?.cpuUsagePercent}`,
    )
    assert.ok((seen?.readBytesPerSecond ?? 0) > 300 && (seen?.readBytesPerSecond ?? 0) <= 500)
    live.set('a', 'stopped')
    assert.equal(table.of('a'), undefined)
    assert.equal(table.all().size, 0)
  })

  it('of a look too soon keep the rates of the one before', async () => {
    const { state, live, table } = world()
    live.set('a', 'running')
    state.stats = [guest('a', 0)]
    await table.look()
    await delay(600)
    state.stats = [guest('a', 600)]
    await table.look()
    const { cpuUsagePercent, at } = table.of('a') ?? {}
    state.stats = [guest('a', 601)]
    await table.look()
    assert.deepEqual([table.of('a')?.cpuUsagePercent, table.of('a')?.at], [cpuUsagePercent, at])
    assert.equal(table.of('a')?.stats.bytesRead, 601)
  })

  it('begin anew with a guest that was restarted between two looks', async () => {
    const { state, live, table } = world()
    live.set('a', 'running')
    state.stats = [guest('a', 9000)]
    await table.look()
    await delay(600)
    state.stats = [guest('a', 10)]
    await table.look()
    assert.deepEqual([table.of('a')?.cpuUsagePercent, table.of('a')?.sinceMs], [0, null])
  })

  it('are asked for once, however many want them', async () => {
    const { state, live, table } = world()
    for (const id of ['a', 'b']) live.set(id, 'running')
    state.stats = [guest('a', 1), guest('b', 1)]
    state.answersAfterMs = 20
    await Promise.all([table.fresh('a'), table.fresh('b'), table.look(), table.look()])
    assert.equal(state.asked, 1)
    table.expectLook(10_000)
    assert.ok(await table.fresh('b'))
    assert.equal(await table.fresh('stopped'), undefined)
    assert.equal(state.asked, 1)
  })

  it('of one that a look leaves out are forgotten', async () => {
    const { state, live, table } = world()
    live.set('a', 'running')
    state.stats = [guest('a', 1)]
    await table.look()
    state.stats = []
    await table.look()
    assert.equal(table.of('a'), undefined)
  })

  it('stay where a look fails, and the failure is told', async () => {
    const { state, live, table } = world()
    live.set('a', 'running')
    state.stats = [guest('a', 1)]
    await table.look()
    state.fails = true
    await assert.rejects(table.look(), /libvirt is down/)
    assert.equal(table.of('a')?.stats.bytesRead, 1)
    state.fails = false
    await table.look()
  })
})
