import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isLongSuite } from '../support/long-suite.ts'
import {
  createKilled,
  deleteKilled,
  restoreKilled,
  type SnapshotOf,
  snapshotDeleteKilled,
  snapshotKilled,
} from './kill-acts.ts'
import { KillStage } from './kill-stage.ts'

function inLongSuite(name: string, body: () => Promise<void>): void {
  if (isLongSuite) it(name, body)
  else console.log(`# in the long suite only: ${name}`)
}

/** A chosen few of the points of test/full/kill-loop.test.ts: those at which the most is half done. */
describe('the appliance is killed', { timeout: 900_000 }, () => {
  let stage: KillStage
  const guests: string[] = []
  before(async () => {
    stage = await KillStage.open()
  })
  after(() => stage.close())

  const off = { auto_start: false }
  /** BIOS, because UEFI takes three times as long to boot. */
  const booting = { auto_start: true, firmware: 'bios' } as const

  it('while it makes guests', async () => {
    guests.push(
      await createKilled(stage, { step: 'disks', when: 'during', delayMs: 20 }, off),
      await createKilled(stage, { step: 'cloud-init seed', when: 'during', delayMs: 30 }, off),
      await createKilled(stage, { step: 'define', when: 'after' }, off),
      await createKilled(stage, { step: 'start', when: 'during', delayMs: 100 }, booting),
    )
  })

  const snapshotOf = (mode: SnapshotOf['mode']): SnapshotOf => ({
    guest: guests.at(-1) ?? '',
    name: mode,
    mode,
  })

  it('while it snapshots, restores and merges a running guest with its memory', async () => {
    const memory = snapshotOf('memory')
    await (await stage.boots(memory.guest)).sh('echo kept >/data/note; sync')
    await snapshotKilled(stage, memory, { step: 'overlays', when: 'during', delayMs: 80 })
    await restoreKilled(stage, memory, { step: 'start', when: 'during', delayMs: 100 })
    await snapshotDeleteKilled(stage, memory, { step: 'merge', when: 'during', delayMs: 30 })
  })

  it('while it snapshots, restores and merges a running guest', async () => {
    const running = snapshotOf('running')
    await snapshotKilled(stage, running, { step: 'overlays', when: 'after' })
    await restoreKilled(stage, running, { step: 'overlays', when: 'during', delayMs: 20 })
    await snapshotDeleteKilled(stage, running, { step: 'merge', when: 'after' })
  })

  it('while it snapshots, restores and merges a stopped guest', async () => {
    const stopped = snapshotOf('stopped')
    await snapshotKilled(stage, stopped, { step: 'record', when: 'during' })
    await restoreKilled(stage, stopped, { step: 'retire', when: 'during', delayMs: 2 })
    await snapshotDeleteKilled(stage, stopped, { step: 'forget', when: 'after' })
    const agent = await stage.boots(stopped.guest)
    assert.equal((await agent.sh('cat /data/note')).trim(), 'kept')
  })

  it('together with the guest, as by a loss of power, while it snapshots', async () => {
    const guest = guests.at(-1) ?? ''
    await stage.power(guest, true)
    const take = (name: string, memory: boolean) => () =>
      stage.appliance.api('POST', `/instances/${guest}/snapshots/`, { name, memory })
    const overlays = { kind: 'snapshot.create', step: 'overlays' }
    assert.equal(await stage.powerCut({ ...overlays, when: 'after' }, take('switched', false)), 'done')
    await stage.power(guest, true)
    const early = { ...overlays, when: 'during', delayMs: 0 } as const
    assert.match(
      (await stage.powerCut(early, take('unsaved', true))) ?? '',
      /^failed.*before its memory was saved/,
    )
    assert.deepEqual(await stage.snapshots(guest), ['switched'])
  })

  // test/tasks/power-cut.test.ts proves the same without QEMU.
  inLongSuite('together with the guest, while the snapshot is taken back', async () => {
    const guest = guests.at(-1) ?? (await stage.create(booting))
    guests.splice(guests.length - 1, 1, guest)
    const agent = await stage.boots(guest)
    const before = await stage.snapshots(guest)
    const end = await stage.powerCut(
      { kind: 'snapshot.create', step: 'overlays', when: 'after' },
      () => stage.appliance.api('POST', `/instances/${guest}/snapshots/`, { name: 'never', memory: false }),
      { last: () => agent.sh('echo late >/data/late; sync'), cancelled: true },
    )
    assert.match(end ?? '', /^cancelled/)
    assert.deepEqual(await stage.snapshots(guest), before)
    assert.equal((await (await stage.boots(guest)).sh('cat /data/late')).trim(), 'late')
  })

  it('while it deletes guests', async () => {
    const [first = '', second = '', third = ''] = guests
    await deleteKilled(stage, guests.at(-1) ?? '', { step: 'stop', when: 'during', delayMs: 10 })
    await deleteKilled(stage, first, { step: 'undefine', when: 'after' })
    await deleteKilled(stage, second, { step: 'quarantine', when: 'during', delayMs: 2 })
    await deleteKilled(stage, third, { step: 'finish', when: 'after' })
  })

  it('and nothing is left of it', () => stage.clear())
})
