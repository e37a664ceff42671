import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { claimDataDir, lockName } from './single-instance.ts'

const place = await mkdtemp(join(tmpdir(), 'nacelle-claim-'))
after(() => rm(place, { recursive: true, force: true }))
const refusal = /another nacelle is running on/

test('a data directory is claimed once, however it is spelled', async () => {
  const real = join(place, 'real')
  const link = join(place, 'link')
  await claimDataDir(real)
  await symlink(real, link)
  await assert.rejects(claimDataDir(link), refusal)
  await assert.rejects(claimDataDir(`${real}/`), refusal)
  assert.equal(await lockName(link), await lockName(real))
})

test('a symlink that is claimed first keeps its target', async () => {
  const real = join(place, 'target')
  await mkdir(real)
  await symlink(real, join(place, 'first'))
  await claimDataDir(join(place, 'first'))
  await assert.rejects(claimDataDir(real), refusal)
})

test('two directories are two', async () => {
  await claimDataDir(join(place, 'one'))
  await claimDataDir(join(place, 'two'))
  assert.notEqual(await lockName(join(place, 'absent')), await lockName(join(place, 'nowhere')))
})
