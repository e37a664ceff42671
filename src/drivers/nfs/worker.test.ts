import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hasCode } from '../../core/errors.ts'
import { StoreWorker } from './worker.ts'

const entry = fileURLToPath(new URL('../../../test/support/hanging-worker.ts', import.meta.url))
const limits = { startMs: 30_000, silenceMs: 3_000, retryMs: 300, deathMs: 2_000 }

describe('storage worker', () => {
  let directory: string
  let worker: StoreWorker
  const open = (other: Partial<typeof limits> = {}) =>
    new StoreWorker({
      command: [process.execPath, entry, directory],
      server: 'NFS server of nas:/srv',
      limits: { ...limits, ...other },
    })
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-worker-'))
    worker = open()
  })
  after(async () => {
    await worker.stop()
    await rm(directory, { recursive: true })
  })
  const lose = () => writeFile(join(directory, 'lost'), '')
  const find = () => rm(join(directory, 'lost'))
  const pidOf = async (one: StoreWorker) =>
    ((await one.call('usage', [])).result as { totalBytes: number }).totalBytes

  test('a lost server ends the call by its deadline, the next at once, and the worker; then all is as before', async () => {
    const pid = await pidOf(worker)
    await lose()
    const startedAt = performance.now()
    const [first, second] = await Promise.allSettled([worker.call('usage', []), worker.call('usage', [])])
    const waitedMs = performance.now() - startedAt
    assert.ok(waitedMs > 2_500 && waitedMs < 10_000, `${waitedMs} ms`)
    for (const one of [first, second])
      assert.ok(one?.status === 'rejected' && hasCode(one.reason, 'unavailable'), JSON.stringify(one))
    const again = performance.now()
    await assert.rejects(worker.call('usage', []), /the NFS server of nas:\/srv does not answer since 20/)
    assert.ok(performance.now() - again < 200)
    assert.ok(worker.lostSince)
    await delay(200)
    await assert.rejects(readFile(`/proc/${pid}/stat`), /ENOENT|ESRCH/)
    await find()
    await delay(300)
    assert.notEqual(await pidOf(worker), pid)
    assert.equal(worker.lostSince, undefined)
  })

  test('what takes long is let go on while the server answers', async () => {
    await worker.call('copy', ['a', {}])
  })

  test('a worker that ends by itself says why, and is replaced', async () => {
    await assert.rejects(worker.call('list', []), /storage worker ended: exit code 3 out of memory/)
    assert.ok((await pidOf(worker)) > 0)
  })

  test('a process that does not die is counted and left behind', async () => {
    const stubborn = open({ deathMs: 0 })
    await pidOf(stubborn)
    await lose()
    await assert.rejects(stubborn.call('usage', []), /does not answer/)
    await delay(5)
    const counted = stubborn.abandoned
    await delay(1_000)
    assert.deepEqual([counted, stubborn.abandoned], [1, 0], 'until it has gone after all')
    await find()
    await stubborn.stop()
  })
})
