// The record on a real file system of 64 MiB that runs full: a tmpfs in a mount namespace, in which this file runs again.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, open, rm, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeRoomToStart } from '../src/core/state-disk/state-disk.ts'
import { openDatabase } from '../src/db/connect.ts'
import { migrate } from '../src/db/migrate.ts'
import { createStateDisk, reservePath } from '../src/drivers/host/reserve.ts'
import { verifyJournal } from '../src/zone/journal.ts'
import { ended, guestBody, makeGuest, openTestAppliance, type TestAppliance } from './support/appliance.ts'

const space = process.env['NACELLE_TEST_SPACE']
const needsRoot = process.getuid?.() === 0 ? false : 'needs root for a mount namespace'

describe('a state disk that runs full', { skip: space ? 'this is the outer half' : needsRoot }, () => {
  test('is survived on a real file system', async () => {
    const place = await mkdtemp(join(tmpdir(), 'nacelle-space-'))
    const script = 'mount -t tmpfs -o size=64m,mode=755 none "$1" && shift && exec "$@"'
    const inside = [process.execPath, '--test', fileURLToPath(import.meta.url)]
    const env = { ...process.env, TMPDIR: place, NACELLE_TEST_SPACE: place, NODE_TEST_CONTEXT: undefined }
    try {
      await promisify(execFile)('unshare', ['--mount', 'sh', '-c', script, 'sh', place, ...inside], { env })
    } catch (error) {
      assert.fail((error as { stdout: string }).stdout)
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  })
})

describe('inside', { skip: space ? false : 'this is the inner half' }, () => {
  test('what runs is ended with the reserve, then nothing is changed until there is room', async () => {
    const world = await openTestAppliance({ realStateDisk: true })
    try {
      await world.appliance.stateDisk.look()
      const { size } = await stat(reservePath(world.dataDir))
      assert.equal(size, 4 * 2 ** 20)
      const filler = await fill(world.dataDir)
      await changeUntilReadOnly(world)
      assert.ok(!existsSync(reservePath(world.dataDir)), 'the reserve was not given back')
      assert.equal((await statfs(world.dataDir)).bavail > 0, true)
      assert.deepEqual((await verifyJournal(world.appliance.database.sqlite)).broken, undefined)
      await rm(filler)
      await world.appliance.stateDisk.look()
      await makeGuest(world, { name: 'afterwards' })
      assert.equal((await stat(reservePath(world.dataDir))).size, size)
    } finally {
      await world.close()
    }
  })

  test('the record can be opened on a disk that is full to the last block', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nacelle-full-'))
    const disk = createStateDisk(directory)
    await disk.hold(4 * 2 ** 20)
    const filler = await fill(directory)
    const path = join(directory, 'nacelle.db')
    assert.throws(() => migrated(path), /full|disk I\/O/)
    await makeRoomToStart(disk)
    migrated(path)
    await rm(filler)
  })

  test('a reserve is whole or not there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nacelle-short-'))
    const disk = createStateDisk(directory)
    await assert.rejects(disk.hold(2 ** 30))
    assert.equal(await disk.held(), 0)
    assert.ok(!existsSync(`${reservePath(directory)}.partial`))
    assert.equal(disk.release(), false)
  })
})

/** Takes every free block; resolves with the path of the file. */
async function fill(directory: string): Promise<string> {
  const path = join(directory, 'filler')
  const file = await open(path, 'w')
  const chunk = Buffer.alloc(2 ** 16, 1)
  for (let size = chunk.length; size >= 4096; size >>= 1)
    for (;;) if (!(await wrote(file.write(chunk, 0, size)))) break
  await file.close()
  return path
}

const wrote = (writing: Promise<unknown>): Promise<boolean> =>
  writing.then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOSPC') return false
      throw error
    },
  )

/** Every change that is taken on the way is also brought to its end. */
async function changeUntilReadOnly(world: TestAppliance): Promise<void> {
  for (let count = 0; count < 2000; count++) {
    const answer = await world.call('POST', '/api/v1/guests/', guestBody({ name: `web${count}` }))
    if (answer.status === 503) {
      assert.match(answer.message, /read-only until/)
      return
    }
    assert.ok(answer.status < 300, answer.text)
    assert.equal((await ended(world, answer)).state, 'done')
  }
  assert.fail('the disk never ran full')
}

function migrated(path: string): void {
  const { sqlite, close } = openDatabase(path)
  try {
    migrate(sqlite)
  } finally {
    close()
  }
}
