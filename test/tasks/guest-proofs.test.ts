import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { guestAuth } from '../../src/core/guests/auth.ts'
import { guestDelete } from '../../src/core/guests/delete.ts'
import { guestModify } from '../../src/core/guests/modify.ts'
import { readGuest } from '../../src/core/guests/record.ts'
import { instanceMedia, instancePower, instanceStart } from '../../src/core/instances/power.ts'
import { snapshotCreate } from '../../src/core/snapshots/create.ts'
import { snapshotDelete, snapshotMerge } from '../../src/core/snapshots/delete.ts'
import { planCreate, planRestore, readSnapshot } from '../../src/core/snapshots/plan.ts'
import { snapshotRestore } from '../../src/core/snapshots/restore.ts'
import type { Saga, Step } from '../../src/tasks/saga.ts'
import { variantsOf } from '../support/long-suite.ts'
import { type GuestWorld, guestId, type Leftovers, mediaId } from './guest-stage.ts'
import { prove } from './prove-guest.ts'

/** An instance that was ended on the way to something irreversible is not started again by the undo. */
const stopped = (left: Leftovers): Leftovers => ({
  ...left,
  domains: left.domains.map((domain) => domain.replace('running', 'stopped')),
})

const hardware = (medium: string | null, path: string | undefined, inDrive: string | null) => [
  `recorded: 1 cores, ${256 << 20} bytes, medium ${medium}`,
  `defined: 1 cores, ${256 << 20} bytes, medium ${path}; in the drive ${inDrive}`,
]
const cd = '/simulated/image-cd.raw'
const withMedium = hardware(mediaId, cd, cd)
const definedMedium = hardware(mediaId, cd, null)
const withoutMedium = hardware(null, undefined, null)

const base = { id: guestId, name: 'web1' }

/** The same saga with a step that does something more. */
const withRun = <P>(
  saga: Saga<P>,
  name: string,
  around: (run: () => Promise<unknown>) => Promise<unknown>,
) => ({
  ...saga,
  steps: saga.steps.map(
    (step): Step<P> =>
      step.name === name ? { ...step, run: (context) => around(() => step.run(context)) } : step,
  ),
})

/** Its system powers itself off, having written to its disks. */
function guestEnds({ hypervisor, volumes }: GuestWorld): void {
  const domain = hypervisor.world.domains.get(guestId)
  if (domain?.state !== 'running') return
  for (const [file = ''] of domain.chains.values()) {
    const volume = volumes.inUse.get(file.slice('/simulated/'.length))
    if (volume) volume.content = written
  }
  hypervisor.world.guestPowersOff(guestId)
}

const written = Buffer.from('written')

/** Files on the pool in which the guest has written. */
const writtenFiles = ({ volumes }: GuestWorld) =>
  [...volumes.inUse].filter(([, { content }]) => content === written).map(([name]) => name)

describe('the tasks of a guest survive an error, a crash and a repeat at every step', () => {
  test('guest.delete of a running guest with snapshots', () =>
    prove({
      history: { running: true, snapshots: ['a', 'b'] },
      saga: guestDelete,
      params: () => ({ ...base, force: true }),
      tolerate: stopped,
      done(left) {
        assert.deepEqual(left.guests, [])
        assert.deepEqual([left.domains, left.hosts, left.addresses, left.snapshots], [[], [], [], []])
        assert.deepEqual(left.onPool, ['image-cd.raw', 'image-debian.qcow2'])
      },
    }))

  test('guest.modify: a new name', () =>
    prove({
      history: { running: false },
      saga: guestModify,
      params: () => ({
        ...base,
        what: 'name web2',
        before: { name: 'web1' },
        after: { name: 'web2' },
        stopped: true,
      }),
      done: (left) => assert.deepEqual(left.domains, ['manager.web2 stopped']),
    }))

  test('guest.modify: tags', () =>
    prove({
      history: { running: true },
      saga: guestModify,
      params: () => ({
        ...{ ...base, what: 'tags green', stopped: false },
        ...{ before: { tags: ['blue'] }, after: { tags: ['green', 'new'] } },
      }),
      done: (left) => assert.deepEqual(left.domains, ['manager.web1 running']),
    }))

  for (const [what, change] of [
    ['cores', { before: { cores: 1 }, after: { cores: 2 } }],
    ['memory', { before: { memoryBytes: 256 << 20 }, after: { memoryBytes: 512 << 20 } }],
  ] as const)
    for (const running of [false, true])
      test(`guest.modify: ${what}, ${running ? 'running' : 'stopped'}`, () =>
        prove({
          history: { running },
          saga: guestModify,
          params: () => ({ ...base, what, ...change, stopped: false }),
          done(left, world) {
            const { cores, memoryBytes } = { cores: 1, memoryBytes: 256 << 20, ...change.after }
            for (const line of left.hardware)
              assert.ok(line.includes(`${cores} cores, ${memoryBytes} bytes`), line)
            const live = world.hypervisor.world.domains.get(guestId)?.live
            assert.deepEqual(
              [live?.cores, live?.memoryBytes],
              running ? [1, 256 << 20] : [undefined, undefined],
            )
          },
        }))

  test('guest.auth', () =>
    prove({
      history: { running: true },
      saga: guestAuth,
      params: () => ({ ...base, user: 'root', secret: `guest:${guestId}:admin=new` }),
      done: (_, world) =>
        assert.equal(world.hypervisor.world.domains.get(guestId)?.passwords.get('root'), 'new'),
    }))

  test('instance.start', () =>
    prove({
      history: { running: false },
      saga: instanceStart,
      params: () => ({ ...base, boot: 'disk' as const, media: null, previousMedia: null, bootUri: null }),
      done: (left) => assert.deepEqual(left.domains, ['manager.web1 running']),
    }))

  test('instance.start: from the network', () =>
    prove({
      history: { running: false },
      saga: instanceStart,
      params: () => ({
        ...base,
        boot: 'network' as const,
        media: null,
        previousMedia: null,
        bootUri: 'http://10.77.0.1/boot.ipxe',
      }),
      done: (left) => {
        assert.deepEqual(left.domains, ['manager.web1 running'])
        assert.equal(left.offers.length, 1)
      },
    }))

  test('instance.start: from a medium', () =>
    prove({
      history: { running: false },
      saga: instanceStart,
      params: () => ({
        ...base,
        boot: 'media' as const,
        media: mediaId,
        previousMedia: null,
        bootUri: null,
      }),
      done(left, world) {
        assert.deepEqual(left.domains, ['manager.web1 running'])
        assert.deepEqual(left.hardware, withMedium)
        assert.equal(world.hypervisor.world.domains.get(guestId)?.live?.boot, 'media')
      },
    }))

  for (const action of ['reboot', 'reset', 'shutdown'] as const)
    test(`instance.power: ${action}`, () =>
      prove({
        history: { running: true },
        saga: instancePower,
        params: () => ({ ...base, action }),
        tolerate: stopped,
        done(_, { hypervisor: { world } }) {
          // Asked twice at most, and only what was to be done: the guest follows in its own time.
          assert.ok((world.counters.get(action) ?? 0) >= 1)
          const domain = world.domains.get(guestId)
          assert.equal(domain?.requested, action === 'shutdown' ? 'stopped' : 'running')
          assert.equal(domain?.starts, 1)
        },
      }))

  test('instance.power: stop', () =>
    prove({
      history: { running: true },
      saga: instancePower,
      params: () => ({ ...base, action: 'destroy' as const }),
      tolerate: stopped,
      done: (left) => assert.deepEqual(left.domains, ['manager.web1 stopped']),
    }))

  test('instance.media: eject', () =>
    prove({
      history: { running: true, medium: true },
      saga: instanceMedia,
      params: () => ({ ...base, media: null, previousMedia: mediaId }),
      done: (left) => assert.deepEqual(left.hardware, withoutMedium),
    }))

  for (const running of [false, true])
    test(`instance.media: insert, ${running ? 'running' : 'stopped'}`, () =>
      prove({
        history: { running },
        saga: instanceMedia,
        params: () => ({ ...base, media: mediaId, previousMedia: null }),
        done: (left) => assert.deepEqual(left.hardware, running ? withMedium : definedMedium),
      }))

  for (const running of [false, true])
    test(`snapshot.create of a ${running ? 'running guest with memory' : 'stopped guest'}`, () =>
      prove({
        history: { running, snapshots: ['a'] },
        saga: snapshotCreate,
        params: (deps) =>
          planCreate(
            deps,
            readGuest(deps.zone, guestId),
            { name: 'b', description: '', memory: running, consistency: 'crash' },
            running,
          ),
        done(left) {
          assert.deepEqual(left.snapshots, ['a', 'b'])
          assert.deepEqual(left.guests, ['web1 ready b'])
          assert.deepEqual(left.domains, [`manager.web1 ${running ? 'running' : 'stopped'}`])
        },
      }))

  for (const memory of variantsOf('snapshot.create of one that ends', [false, true], (memory) => !memory))
    test(`snapshot.create of a running guest that ends by itself${memory ? ', with memory' : ''}`, () =>
      prove({
        history: { running: true, snapshots: ['a'] },
        saga: (deps, world) =>
          withRun(snapshotCreate(deps), 'overlays', async (run) => {
            await run()
            guestEnds(world)
          }),
        params: (deps) =>
          planCreate(
            deps,
            readGuest(deps.zone, guestId),
            { name: 'b', description: '', memory, consistency: 'crash' },
            true,
          ),
        tolerate: stopped,
        done(left, world) {
          assert.deepEqual(left.guests, ['web1 ready b'])
          assert.deepEqual(left.domains, ['manager.web1 stopped'])
          // In the overlays, not in what the snapshot froze.
          const disks = world.hypervisor.world.domains.get(guestId)?.defined?.disks ?? []
          const files = disks.map(({ source }) => source.kind === 'file' && source.path)
          assert.deepEqual(
            writtenFiles(world).map((name) => world.volumes.pathOf(name)),
            files,
          )
        },
      }))

  test('snapshot.restore with memory, and the guest has ended whenever the step is repeated', () =>
    prove({
      history: { running: true, snapshots: ['a', 'b'], memory: true },
      saga: (deps, world) =>
        withRun(snapshotRestore(deps), 'start', (run) => {
          if (world.hypervisor.world.counters.has('restore')) guestEnds(world)
          return run()
        }),
      params: (deps) =>
        planRestore(deps, readGuest(deps.zone, guestId), readSnapshot(deps, guestId, 'a'), false),
      tolerate: stopped,
      done(left, world) {
        assert.deepEqual(left.guests, ['web1 ready a'])
        assert.deepEqual(left.domains, ['manager.web1 running'])
        assert.ok(world.hypervisor.world.domains.get(guestId)?.restoredFrom)
        assert.deepEqual(writtenFiles(world), [], 'disks and memory are of the same moment')
      },
    }))

  for (const memory of variantsOf('snapshot.restore', [false, true], (memory) => memory))
    test(`snapshot.restore ${memory ? 'with memory' : 'of a running guest'}`, () =>
      prove({
        history: { running: true, snapshots: ['a', 'b'], memory },
        saga: snapshotRestore,
        params: (deps) =>
          planRestore(deps, readGuest(deps.zone, guestId), readSnapshot(deps, guestId, 'a'), false),
        tolerate: stopped,
        done(left, world) {
          assert.deepEqual(left.guests, ['web1 ready a'])
          assert.deepEqual(left.domains, [`manager.web1 ${memory ? 'running' : 'stopped'}`])
          assert.equal(world.hypervisor.world.domains.get(guestId)?.restoredFrom !== null, memory)
        },
      }))

  test('snapshot.merge of what had to wait for a purge', () =>
    prove({
      history: { running: true, snapshots: ['a', 'b', '>a', 'c', '-b'], purge: true },
      saga: snapshotMerge,
      params: () => ({ guest: guestId, guestName: 'web1' }),
      done(left) {
        assert.deepEqual(left.snapshots, ['a', 'c'])
        assert.deepEqual(
          left.volumes.filter((volume) => volume.includes('hidden')),
          [],
        )
      },
    }))

  const trees = [
    ['the only one', ['a'], 'a'],
    ['the root of two', ['a', 'b'], 'a'],
    ['the middle of three', ['a', 'b', 'c'], 'b'],
    ['one with two branches', ['a', 'b', '>a', 'c', '>b'], 'a'],
    ['a leaf beside the path', ['a', 'b', '>a', 'c'], 'b'],
  ] as const
  const shortly = ['the middle of three, running', 'one with two branches, stopped']
  for (const running of [false, true])
    for (const [what, snapshots, name] of variantsOf(
      `snapshot.delete, ${running ? 'running' : 'stopped'}`,
      trees,
      ([tree]) => shortly.includes(`${tree}, ${running ? 'running' : 'stopped'}`),
    ))
      test(`snapshot.delete: ${what}, ${running ? 'running' : 'stopped'}`, () =>
        prove({
          history: { running, snapshots: [...snapshots] },
          saga: snapshotDelete,
          params(deps) {
            const { id, parent, memory, nvram } = readSnapshot(deps, guestId, name)
            const files = [memory, nvram].filter((file) => file !== null)
            return { guest: guestId, guestName: 'web1', snapshot: id, name, parent, files }
          },
          done(left) {
            const kept = snapshots.filter((entry) => !entry.startsWith('>') && entry !== name)
            assert.deepEqual(left.snapshots, kept)
            // Only a layer on which two others stand, or one that can still be brought back, stays hidden.
            const waits = what === 'one with two branches' || what === 'a leaf beside the path'
            const hidden = left.volumes.filter((volume) => volume.includes('hidden'))
            assert.equal(hidden.length, waits ? 2 : 0)
          },
        }))
})
