import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import {
  createKilled,
  deleteKilled,
  type Mode,
  pointsOf,
  restoreKilled,
  snapshotDeleteKilled,
  snapshotKilled,
} from '../e2e/kill-acts.ts'
import { MixedLoad } from '../e2e/kill-load.ts'
import { KillStage } from '../e2e/kill-stage.ts'
import { purgeQuarantine } from '../e2e/life.ts'

const rounds = Number(process.env['NACELLE_KILL_ROUNDS'] ?? 60)
const hours = 3_600_000

/** Each step of each kind of task, in the middle of it and between its effect and the record of it. */
describe('the appliance is killed at every step', { timeout: 3 * hours }, () => {
  let stage: KillStage
  before(async () => {
    stage = await KillStage.open()
  })
  afterEach(() => {
    process.stdout.write(`${stage.cuts.splice(0).join('\n')}\n`)
  })
  after(() => stage.close())

  it('of creating and deleting', async () => {
    const [create, remove] = [pointsOf('guest.create'), pointsOf('guest.delete')]
    for (const [index, point] of create.entries()) {
      const id = await createKilled(stage, point, { auto_start: point.step === 'start' || index % 4 === 0 })
      await deleteKilled(stage, id, remove[index])
      await purgeQuarantine(stage.appliance)
    }
  })

  for (const mode of ['stopped', 'running', 'memory'] as const satisfies Mode[])
    it(`of snapshots: ${mode}`, async () => {
      const guest = await stage.create()
      const take = pointsOf('snapshot.create')
      const restore = pointsOf('snapshot.restore')
      const remove = pointsOf('snapshot.delete')
      for (const [index, point] of restore.entries()) {
        const snapshot = { guest, name: `${mode}-${index}`, mode }
        await snapshotKilled(stage, snapshot, take[index])
        await restoreKilled(stage, snapshot, point)
        await snapshotDeleteKilled(stage, snapshot, remove[index])
      }
      await stage.boots(guest)
      await deleteKilled(stage, guest)
    })

  it('and nothing is left of it', () => stage.clear())
})

describe(`the appliance is killed ${rounds} times while it does many things`, { timeout: 3 * hours }, () => {
  let stage: KillStage
  before(async () => {
    stage = await KillStage.open()
  })
  after(() => stage.close())

  it('and each time nothing is lost or left over', async () => {
    const seed = Number(process.env['NACELLE_KILL_SEED'] ?? randomInt(2 ** 31))
    process.stdout.write(`kill loop: NACELLE_KILL_SEED=${seed}, ${rounds} rounds\n`)
    const load = new MixedLoad(stage, seed)
    for (let round = 1; round <= rounds; round++) await load.round(round)
    const [guest] = (await stage.guests()).values()
    if (guest) await stage.boots(guest)
    assert.ok(rounds === 0 || load.kills === rounds)
    await stage.clear()
  })
})
