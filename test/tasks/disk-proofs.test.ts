import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { guestModify } from '../../src/core/guests/modify.ts'
import { newGuestVolume } from '../../src/core/guests/new-volume.ts'
import { readGuest } from '../../src/core/guests/record.ts'
import { systemReset } from '../../src/core/guests/reset-system.ts'
import { diskResize } from '../../src/core/guests/resize-disk.ts'
import { diskShrink } from '../../src/core/guests/shrink-disk.ts'
import { type GuestWorld, guestId } from './guest-stage.ts'
import { prove } from './prove-guest.ts'

const base = { id: guestId, name: 'web1' }
const live = (world: GuestWorld) => world.hypervisor.world.domains.get(guestId)?.live

describe('changes of a guest and its disks survive an error, a crash and a repeat at every step', () => {
  test('guest.modify: cores of a running instance at once', () =>
    prove({
      history: { running: true },
      saga: guestModify,
      params: () => ({
        ...base,
        what: 'cores 2',
        before: { cores: 1 },
        after: { cores: 2 },
        stopped: false,
        adjust: ['cores' as const],
      }),
      done(left, world) {
        for (const line of left.hardware) assert.match(line, /2 cores/)
        assert.equal(live(world)?.cores, 2)
      },
    }))

  for (const running of [false, true])
    test(`guest.disk.resize, ${running ? 'running' : 'stopped'}`, () =>
      prove({
        history: { running },
        saga: diskResize,
        params: (deps) => ({
          ...base,
          index: 1,
          beforeBytes: readGuest(deps.zone, guestId).disks[1]!.sizeBytes,
          sizeBytes: 2 ** 32,
          immediate: running,
        }),
        done(_left, world, database) {
          const guest = database.sqlite.prepare('SELECT disks FROM guest').get() as { disks: string }
          assert.equal((JSON.parse(guest.disks) as { sizeBytes: number }[])[1]?.sizeBytes, 2 ** 32)
          if (running) assert.ok((world.hypervisor.world.counters.get('resizeDisk') ?? 0) > 0)
          else assert.ok([...world.volumes.inUse.values()].some((row) => row.virtualSizeBytes === 2 ** 32))
        },
      }))

  test('guest.disk.shrink', () =>
    prove({
      history: { running: false },
      saga: diskShrink,
      params: () => ({ ...base, index: 0, immediate: false }),
      done: (left) => assert.deepEqual(left.inQuarantine, []),
    }))

  test('guest.system.reset', () =>
    prove({
      history: { running: false },
      saga: systemReset,
      params(deps) {
        const { disks } = readGuest(deps.zone, guestId)
        const { volume, sizeBytes } = disks[0]!
        return {
          ...base,
          imageName: 'debian',
          previous: volume,
          volume: newGuestVolume({
            guest: guestId,
            pool: 'local',
            kind: 'disk',
            sizeBytes,
            parent: 'image-debian',
            createdAt: 0,
          }),
        }
      },
      done(left) {
        assert.equal(left.inQuarantine.length, 1)
        assert.match(left.guests[0] ?? '', /ready/)
      },
    }))
})
