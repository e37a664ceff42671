import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { quietLog } from '../../../test/support/quiet-log.ts'
import { createSimulatedMeter } from '../../drivers/simulated/meter.ts'
import { LiveGuests } from '../guests/live.ts'
import type { DomainStats, Hypervisor } from '../hypervisor.ts'
import type { HostMeter } from './figure.ts'
import { GuestFiguresTable } from './guest-figures.ts'
import { type Sample, Sampler } from './sampler.ts'

interface World {
  stats(): Promise<DomainStats[]>
  host: HostMeter
  storage(): Promise<{ totalBytes: number; availableBytes: number } | undefined>
}

function open(world: Partial<World> = {}) {
  const samples: Sample[] = []
  const hypervisor = { stats: world.stats ?? (async () => []) } as Partial<Hypervisor> as Hypervisor
  const guests = new GuestFiguresTable({ hypervisor, live: new LiveGuests(hypervisor) })
  const sampler = new Sampler({
    cell: 'here',
    host: world.host ?? createSimulatedMeter(),
    guests,
    storage: world.storage ?? (async () => ({ totalBytes: 100, availableBytes: 40 })),
    sampled: (sample) => samples.push(sample),
    log: quietLog(),
    now: Date.now,
  })
  return { sampler, samples, guests }
}

describe('looking at a host', () => {
  it('gives levels at once, and rates from the second look on', async () => {
    const { sampler, samples } = open()
    assert.deepEqual([sampler.figures().alive, sampler.figures().updatedAt], [false, null])
    await sampler.look()
    await delay(600)
    await sampler.look()
    const { alive, cores, cpuUsagePercent, diskBytes, diskAvailableBytes } = sampler.figures()
    assert.deepEqual({ alive, cores, cpuUsagePercent }, { alive: true, cores: 8, cpuUsagePercent: 25 })
    assert.deepEqual([diskBytes, diskAvailableBytes], [100, 40])
    assert.deepEqual(
      samples.map(({ sinceMs }) => sinceMs !== null),
      [false, true],
    )
    const [, second] = samples
    const span = (second?.cell.updatedAt ?? 0) - (second?.sinceMs ?? 0)
    assert.ok(span > 500 && span < 5_000, `${span}`)
  })

  it('goes on where libvirt, the host or the storage fail, and counts it', async () => {
    const fail = async () => Promise.reject(new Error('it is down'))
    const { sampler, samples } = open({ stats: fail, storage: fail })
    await sampler.look()
    await delay(1)
    assert.equal(sampler.status().failures, 2)
    assert.equal(sampler.figures().alive, true)
    assert.equal(samples.length, 1)
    const blind = open({ host: { read: fail } })
    await blind.sampler.look()
    assert.equal(blind.sampler.status().failures, 1)
    assert.equal(blind.samples.length, 0)
  })

  it('waits for no storage that does not answer', async () => {
    const { sampler } = open({ storage: () => new Promise(() => undefined) })
    const started = performance.now()
    await sampler.look()
    assert.ok(performance.now() - started < 2_000)
    assert.equal(sampler.figures().diskBytes, 0)
  })

  it('looks by itself until it is stopped, never twice at a time', async () => {
    let [underWay, most, looks] = [0, 0, 0]
    const { sampler } = open({
      async stats() {
        looks++
        most = Math.max(most, ++underWay)
        await delay(20)
        underWay--
        return []
      },
    })
    sampler.start()
    void sampler.look()
    await sampler.look()
    await delay(2_500)
    await sampler.stop()
    assert.equal(most, 1)
    const seen = looks
    assert.ok(seen >= 2, `${seen} looks`)
    await delay(2_200)
    assert.equal(looks, seen)
  })

  it('at a thousand guests holds up the event loop for no long time', async (t) => {
    const stats = Array.from(
      { length: 1000 },
      (_, index): DomainStats => ({
        ...{
          id: `guest-${index}`,
          state: 'running',
          cores: 2,
          memoryBytes: 2 ** 30,
          memoryAvailableBytes: 2 ** 29,
        },
        ...{ cpuTimeNs: 1, bytesRead: 1, bytesWritten: 1, readOperations: 1, writeOperations: 1 },
        ...{
          bytesReceived: 1,
          bytesSent: 1,
          disks: [{ target: 'vda', capacityBytes: 9, allocationBytes: 1 }],
        },
      }),
    )
    const { sampler, guests } = open({ stats: async () => stats })
    const taken: number[] = []
    for (let look = 0; look < 20; look++) {
      const before = process.threadCpuUsage()
      await sampler.look()
      const { user, system } = process.threadCpuUsage(before)
      taken.push((user + system) / 1000)
    }
    assert.equal(guests.all().size, 1000)
    const median = taken.toSorted((a, b) => a - b)[10] ?? 0
    t.diagnostic(`a look at 1,000 guests took ${median.toFixed(1)} ms of the loop`)
    assert.ok(median < 50, `${median} ms`)
  })
})
