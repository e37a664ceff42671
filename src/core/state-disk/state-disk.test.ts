import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { quietLog } from '../../../test/support/quiet-log.ts'
import { SimulatedStateDisk } from '../../drivers/simulated/state-disk.ts'
import { limitsOf, StateDiskWatch } from './state-disk.ts'

describe('the disk of the record', () => {
  let disk: SimulatedStateDisk
  let watch: StateDiskWatch
  let asked: number[]
  let makeRoom: (bytes: number) => void
  const { reserveBytes, lowBytes, resumeBytes } = limitsOf(2 ** 34)
  const leave = (freeBytes: number) => {
    disk.usedBytes = disk.totalBytes - freeBytes
  }

  beforeEach(() => {
    disk = new SimulatedStateDisk()
    asked = []
    makeRoom = () => undefined
    watch = new StateDiskWatch({
      disk,
      log: quietLog(),
      now: () => 1234,
      async makeRoom(bytes) {
        asked.push(bytes)
        makeRoom(bytes)
      },
    })
  })

  it('has a reserve as soon as there is room for it', async () => {
    leave(reserveBytes + lowBytes - 1)
    await watch.look()
    assert.equal(await disk.held(), 0)
    leave(reserveBytes + lowBytes)
    await watch.look()
    assert.equal(await disk.held(), reserveBytes)
    assert.deepEqual(watch.status(), { freeBytes: lowBytes, reserveBytes, readOnlySince: null })
    assert.equal(watch.refusal(), undefined)
  })

  it('purges before anything is refused', async () => {
    await watch.look()
    leave(reserveBytes + 1)
    makeRoom = () => leave(reserveBytes + 3 * lowBytes)
    await watch.look()
    assert.deepEqual(asked, [2 * lowBytes])
    assert.equal(watch.refusal(), undefined)
    assert.equal(await disk.held(), reserveBytes)
  })

  it('gives the reserve back and refuses changes, naming the mend', async () => {
    await watch.look()
    leave(reserveBytes + 1)
    makeRoom = () => assert.fail('nothing lies in quarantine')
    await watch.look()
    assert.equal(await disk.held(), 0)
    assert.equal(watch.status().readOnlySince, 1234)
    assert.match(watch.refusal() ?? '', /is full \(64 MiB free\).*read-only until 192 MiB.*du -xh .*nacelle/)
  })

  it('takes changes again when there is room for a reserve and more', async () => {
    await watch.look()
    leave(0)
    await watch.look()
    leave(resumeBytes - 1)
    await watch.look()
    assert.notEqual(watch.refusal(), undefined)
    leave(resumeBytes)
    await watch.look()
    assert.equal(watch.refusal(), undefined)
    assert.deepEqual(watch.status(), {
      freeBytes: resumeBytes - reserveBytes,
      reserveBytes,
      readOnlySince: null,
    })
  })

  it('helps a write once', async () => {
    await watch.look()
    assert.equal(watch.onFull(), true)
    assert.notEqual(watch.refusal(), undefined)
    assert.equal(watch.onFull(), false)
  })

  it('scales with small disks', () => {
    assert.deepEqual(limitsOf(2 ** 26), {
      reserveBytes: 2 ** 22,
      lowBytes: 2 ** 22,
      resumeBytes: 3 * 2 ** 22,
    })
    assert.equal(limitsOf(2 ** 40).reserveBytes, 2 ** 26)
  })
})
