import type { HostMeter } from '../../core/figures/figure.ts'

/** A host of 8 cores with 64 GiB that works a quarter of its time and reads and writes evenly. */
export const createSimulatedMeter = (clock: () => number = Date.now): HostMeter => ({
  async read() {
    const seconds = clock() / 1000
    return {
      cores: 8,
      cpuBusy: seconds * 2,
      cpuTotal: seconds * 8,
      memoryBytes: 64 * 1024 ** 3,
      memoryAvailableBytes: 48 * 1024 ** 3,
      bytesRead: Math.round(seconds * 40_960),
      bytesWritten: Math.round(seconds * 81_920),
      bytesReceived: Math.round(seconds * 10_000),
      bytesSent: Math.round(seconds * 5_000),
      ownRunNs: 0,
      ownWaitNs: 0,
    }
  },
})
