import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createHostMeter,
  parseDiskstats,
  parseMeminfo,
  parseNetDev,
  parseSchedstat,
  parseStat,
} from './meter.ts'

describe('what the kernel counts', () => {
  it('of processors: guests are in user time already, waiting for disks is idle', () => {
    const text =
      'cpu  100 20 30 1000 50 6 4 10 90 15\ncpu0 50 10 15 500 25 3 2 5 45 7\ncpu1 50 10 15 500 25 3 2 5 45 8\nintr 5\n'
    assert.deepEqual(parseStat(text), { cores: 2, cpuBusy: 170, cpuTotal: 1220 })
  })

  it('of memory', () => {
    const text = 'MemTotal:       16384 kB\nMemFree:         100 kB\nMemAvailable:    8192 kB\n'
    assert.deepEqual(parseMeminfo(text), { memoryBytes: 16 * 2 ** 20, memoryAvailableBytes: 8 * 2 ** 20 })
  })

  it('of disks with hardware, not of their partitions or what is built on them', () => {
    const text = [
      '   8       0 sda 5 0 100 1 7 0 200 2 0 3 4',
      '   8       1 sda1 5 0 100 1 7 0 200 2 0 3 4',
      ' 253       0 dm-0 5 0 100 1 7 0 200 2 0 3 4',
      ' 259       0 nvme0n1 5 0 11 1 7 0 22 2 0 3 4',
    ].join('\n')
    assert.deepEqual(parseDiskstats(text, new Set(['sda', 'nvme0n1'])), {
      bytesRead: 111 * 512,
      bytesWritten: 222 * 512,
    })
  })

  it('of interfaces, also where a number touches the colon', () => {
    const text = [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets',
      '    lo:     999       1    0    0    0     0          0         0      999       1',
      '  eth0:1000       1    0    0    0     0          0         0      500       1',
      '  eth1:      30       1    0    0    0     0          0         0        7       1',
    ].join('\n')
    assert.deepEqual(parseNetDev(text, new Set(['eth0', 'eth1'])), { bytesReceived: 1030, bytesSent: 507 })
  })

  it('of a thread, where it does', () => {
    assert.deepEqual(parseSchedstat('3191678 31834548 2\n'), { ownRunNs: 3191678, ownWaitNs: 31834548 })
    assert.deepEqual(parseSchedstat(''), { ownRunNs: 0, ownWaitNs: 0 })
  })

  it('here, rises', async () => {
    const meter = createHostMeter()
    const before = await meter.read()
    const end = performance.now() + 50
    while (performance.now() < end);
    const after = await meter.read()
    assert.ok(before.cores >= 1 && before.memoryAvailableBytes < before.memoryBytes)
    assert.ok(after.cpuTotal > before.cpuTotal && after.cpuBusy > before.cpuBusy)
    assert.ok(after.ownRunNs > before.ownRunNs)
    for (const name of ['bytesRead', 'bytesWritten', 'bytesReceived', 'bytesSent'] as const)
      assert.ok(after[name] >= before[name], name)
  })
})
