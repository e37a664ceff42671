// A host goes down and comes up again, with real guests.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { program } from '../e2e/harness.ts'
import { KillStage } from '../e2e/kill-stage.ts'
import { waitFor } from '../lab/http.ts'

interface Task {
  id: string
  state: string
  result: { started: string[]; failed: { name: string }[] } | null
}

describe('guests of a host', { timeout: 900_000 }, () => {
  let stage: KillStage
  const ids: string[] = []
  before(async () => {
    stage = await KillStage.open()
    for (const [name, priority] of Object.entries({ router: 90, web: 20 }))
      ids.push(await stage.create({ name, firmware: 'bios', auto_start: true, start_priority: priority }))
    await Promise.all(ids.map((id) => stage.boots(id)))
  })
  after(() => stage.close())

  const running = async () => (await stage.appliance.lab.virsh('list', '--uuid')).split('\n').filter(Boolean)

  /** The command as the unit runs it when the host goes down. */
  async function shutdownGuests(): Promise<string[]> {
    const { lab, dataDir } = stage.appliance
    const [command = '', ...words] = await program()
    const args = [...words, 'host', 'shutdown-guests', '--data-dir', dataDir, '--timeout', '120']
    const { stdout } = await lab.exec(command, args, { timeoutMs: 200_000 })
    return stdout.trim().split('\n')
  }

  it('stop in order before it goes down', async () => {
    assert.deepEqual(await shutdownGuests(), ['stopped web', 'stopped router'])
    assert.deepEqual(await running(), [])
    assert.deepEqual(await shutdownGuests(), ['No guest runs.'])
  })

  it('are not started by a restart of the appliance, but after a boot, higher priorities first', async () => {
    const { appliance } = stage
    await appliance.stop()
    await appliance.start()
    assert.deepEqual(await running(), [])
    await appliance.stop()
    await writeFile(join(appliance.dataDir, 'boot-id'), 'the boot before')
    await appliance.start()
    const task = await waitFor(
      'guests that start with the host',
      async () => {
        const { tasks } = await appliance.api<{ tasks: Task[] }>('GET', '/tasks/?kind=host.start_guests')
        return tasks[0]?.state === 'done' ? tasks[0] : undefined
      },
      { timeoutMs: 240_000, everyMs: 1000 },
    )
    assert.deepEqual(task.result, { started: ['router', 'web'], failed: [] })
    assert.deepEqual((await running()).sort(), [...ids].sort())
    await Promise.all(ids.map((id) => stage.boots(id)))
  })

  it('stop also where the appliance does not run', async () => {
    await stage.appliance.stop()
    assert.deepEqual(await shutdownGuests(), ['stopped web', 'stopped router'])
    assert.deepEqual(await running(), [])
    await stage.appliance.start()
  })

  it('and nothing is left of them', () => stage.clear())
})
