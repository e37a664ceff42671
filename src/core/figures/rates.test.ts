import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DomainStats } from '../hypervisor.ts'
import type { HostCounters } from './figure.ts'
import { guestRates, hostRates, workingPart } from './rates.ts'

const guest = (values: Partial<DomainStats> = {}): DomainStats => ({
  ...{ id: 'a', state: 'running', cpuTimeNs: 1e9, cores: 2, memoryBytes: 1024, memoryAvailableBytes: 512 },
  ...{ bytesRead: 1000, bytesWritten: 2000, readOperations: 1, writeOperations: 2 },
  ...{ bytesReceived: 3000, bytesSent: 4000, disks: [] },
  ...values,
})

const host = (values: Partial<HostCounters> = {}): HostCounters => ({
  ...{ cores: 4, cpuBusy: 100, cpuTotal: 1000, memoryBytes: 1, memoryAvailableBytes: 1 },
  ...{ bytesRead: 10, bytesWritten: 20, bytesReceived: 30, bytesSent: 40, ownRunNs: 0, ownWaitNs: 0 },
  ...values,
})

describe('rates', () => {
  it('are what was counted in a second', () => {
    const after = guest({
      cpuTimeNs: 2e9,
      bytesRead: 3000,
      bytesWritten: 2000,
      bytesReceived: 3001,
      bytesSent: 8000,
    })
    assert.deepEqual(guestRates(guest(), after, 2000), {
      cpuUsagePercent: 25,
      readBytesPerSecond: 1000,
      writeBytesPerSecond: 0,
      receiveBytesPerSecond: 0.5,
      sendBytesPerSecond: 2000,
    })
  })

  it('of the processor never leave 0 to 100', () => {
    assert.equal(guestRates(guest(), guest({ cpuTimeNs: 9e9 }), 1000)?.cpuUsagePercent, 100)
    assert.equal(guestRates(guest(), guest({ cpuTimeNs: 2e9, cores: 0 }), 4000)?.cpuUsagePercent, 25)
  })

  // One counter that begins anew is enough: the guest was restarted, or a disk or an interface was taken out.
  for (const counter of ['cpuTimeNs', 'bytesRead', 'bytesWritten', 'bytesReceived', 'bytesSent'] as const)
    it(`are unknown where ${counter} fell`, () => {
      const after = guest({
        cpuTimeNs: 5e9,
        bytesRead: 9000,
        bytesWritten: 9000,
        bytesReceived: 9000,
        bytesSent: 9000,
      })
      assert.ok(guestRates(guest(), after, 1000))
      assert.equal(guestRates(guest(), { ...after, [counter]: 7 }, 1000), undefined)
    })

  it('are unknown without a span', () => {
    for (const spanMs of [0, -5]) assert.equal(guestRates(guest(), guest(), spanMs), undefined)
  })

  it('of a host come from its own ticks', () => {
    const after = host({
      cpuBusy: 150,
      cpuTotal: 1200,
      bytesRead: 2010,
      bytesWritten: 20,
      bytesReceived: 30,
      bytesSent: 41,
    })
    assert.deepEqual(hostRates(host(), after, 1000), {
      cpuUsagePercent: 25,
      readBytesPerSecond: 2000,
      writeBytesPerSecond: 0,
      receiveBytesPerSecond: 0,
      sendBytesPerSecond: 1,
    })
    assert.equal(hostRates(host(), host(), 1000), undefined)
    assert.equal(hostRates(host({ cpuTotal: 5000 }), after, 1000), undefined)
    assert.equal(hostRates(host({ bytesSent: 5000 }), after, 1000), undefined)
  })

  it('tell work from waiting for a processor', () => {
    const part = (ownRunNs: number, ownWaitNs: number) =>
      workingPart(host({ ownRunNs: 100, ownWaitNs: 50 }), host({ ownRunNs, ownWaitNs }))
    assert.equal(part(200, 50), 1)
    assert.equal(part(200, 350), 0.25)
    assert.equal(part(200, 1e9), 0.2)
    for (const [run, wait] of [
      [100, 50],
      [0, 0],
      [200, 40],
    ] as const)
      assert.equal(part(run, wait), 1)
  })
})
