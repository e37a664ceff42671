import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DirStore } from './dir-store.ts'

const mib = 1024 ** 2
const directory = await mkdtemp(join(tmpdir(), 'nacelle-upload-'))
after(() => rm(directory, { recursive: true }))
const store = new DirStore(directory)
await store.probe()
const partial = join(directory, 'a.raw.partial')

test('room is set aside for what is to come, and what did not come is given back', async () => {
  const bytes = randomBytes(3 * mib + 11)
  const target = await store.openUpload('a.raw', 64 * mib)
  const { blocks, size } = await stat(partial)
  assert.ok(size === 64 * mib && blocks * 512 >= size, `${size} bytes, ${blocks} blocks`)
  await target.write(bytes)
  await target.suspend()
  assert.deepEqual(await readFile(partial), bytes)
  assert.ok((await stat(partial)).blocks * 512 < 5 * mib)
  const resumed = await store.openUpload('a.raw')
  assert.equal(resumed.writtenBytes, bytes.length)
  await resumed.abort()
})

test('what cannot be set aside does not keep an upload from coming', async () => {
  const { freeBytes } = await store.usage()
  const target = await store.openUpload('a.raw', freeBytes * 2)
  assert.equal((await stat(partial)).size, 0)
  await target.write(Buffer.alloc(mib))
  await target.finish()
  assert.equal((await store.info('a.raw')).virtualSizeBytes, mib)
  await store.remove('a.raw')
  assert.deepEqual(
    (await readdir(directory)).filter((name) => !name.startsWith('.')),
    [],
  )
})
