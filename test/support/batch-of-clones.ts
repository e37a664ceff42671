// Many thin clones of one image in one batch, on a real libvirt.
import { setTimeout as delay } from 'node:timers/promises'
import { type Appliance, startBoth } from '../e2e/harness.ts'
import { uploadTiny } from '../e2e/life.ts'

export interface BatchResult {
  elapsedMs: number
  items: { name: string; status: string; error?: string }[]
  /** Lines of the appliance's log that tell of a lock. */
  lockErrors: string[]
}

const mebibyte = 1 << 20

export async function createBatch(count: number): Promise<BatchResult> {
  const { appliance, stop } = await startBoth({})
  try {
    const image = await uploadTiny(appliance)
    const startedAt = performance.now()
    const { id } = await appliance.api<{ id: string }>('POST', '/batch/create_guest/', {
      ...{
        name_rule: 'order',
        name_prefix: 'clone',
        count,
        owner: 'admin',
        group: 'manager',
        pool: 'default',
      },
      ...{ cores: 1, memory: 64 * mebibyte, disks: [64 * mebibyte], from_image: image, auto_start: false },
    })
    const items = await finished(appliance, id)
    const elapsedMs = performance.now() - startedAt
    return { elapsedMs, items, lockErrors: appliance.logs.split('\n').filter(tellsOfLock) }
  } finally {
    await stop()
  }
}

const tellsOfLock = (line: string) =>
  /SQLITE_BUSY|database is locked|Failed to get .*lock|state change lock/.test(line)

async function finished(appliance: Appliance, id: string): Promise<BatchResult['items']> {
  for (;;) {
    const reply = await appliance.call('GET', `/batch/create_guest/${id}`)
    if (reply.status === 200) return (JSON.parse(reply.text) as { data: BatchResult['items'] }).data
    if (reply.status !== 202) throw new Error(reply.text)
    await delay(100)
  }
}
