import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  createKilled,
  deleteKilled,
  restoreKilled,
  type SnapshotOf,
  snapshotDeleteKilled,
  snapshotKilled,
} from './kill-acts.ts'
import { KillStage } from './kill-stage.ts'

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

  it('while it deletes guests', async () => {
    const [first = '', second = '', third = ''] = guests
    await deleteKilled(stage, guests.at(-1) ?? '', { step: 'stop', when: 'during', delayMs: 10 })
    await deleteKilled(stage, first, { step: 'undefine', when: 'after' })
    await deleteKilled(stage, second, { step: 'quarantine', when: 'during', delayMs: 2 })
    await deleteKilled(stage, third, { step: 'finish', when: 'after' })
  })

  it('and nothing is left of it', () => stage.clear())
})
