import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../exec.ts'
import { createSeedBuilder } from './seed.ts'

describe('a seed', () => {
  let directory: string
  const builder = createSeedBuilder()
  const seed = { metaData: 'instance-id: one\n', userData: '#cloud-config\npassword: hidden\n' }
  const read = async (path: string, name: string) =>
    (await run('isoinfo', ['-J', '-i', path, '-x', name])).stdout
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-seed-test-'))
  })
  after(() => rm(directory, { recursive: true }))

  it('carries the label and the files, readable by its owner only, and leaves nothing else', async () => {
    const path = join(directory, 'seed.iso')
    await builder.build(path, { ...seed, networkConfig: 'version: 2\n' })
    assert.match((await run('isoinfo', ['-d', '-i', path])).stdout, /^Volume id: cidata$/m)
    assert.equal(await read(path, '/meta-data'), seed.metaData)
    assert.equal(await read(path, '/user-data'), seed.userData)
    assert.equal(await read(path, '/network-config'), 'version: 2\n')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(directory), ['seed.iso'])
  })

  it('leaves nothing of an earlier attempt that was killed', async () => {
    const path = join(directory, 'again.iso')
    await mkdir(`${path}.files`)
    await writeFile(join(`${path}.files`, 'network-config'), 'of the killed attempt')
    await writeFile(`${path}.partial`, 'half an image')
    await builder.build(path, seed)
    assert.equal(await read(path, '/user-data'), seed.userData)
    assert.equal(await read(path, '/network-config'), '')
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.startsWith('again')),
      ['again.iso'],
    )
    await rm(path)
  })

  it('is the same bytes for the same texts, at any time', async () => {
    const [one, two] = [join(directory, 'one.iso'), join(directory, 'two.iso')]
    await builder.build(one, seed)
    await delay(1_100)
    await builder.build(two, seed)
    await builder.build(two, seed)
    assert.ok((await readFile(one)).equals(await readFile(two)))
  })

  it('hashes a password as a guest checks it, with a new salt each time', async () => {
    const hash = await builder.hashPassword("it's é; $HOME")
    const [, , salt = ''] =
      /^\$(6)\$([./0-9A-Za-z]{8,16})\$[./0-9A-Za-z]{86}$/.exec(hash) ?? assert.fail(hash)
    const again = await run('openssl', ['passwd', '-6', '-salt', salt, "it's é; $HOME"])
    assert.equal(again.stdout.trim(), hash)
    assert.notEqual(await builder.hashPassword("it's é; $HOME"), hash)
    await assert.rejects(builder.hashPassword('two\nlines'), { code: 'invalid' })
  })

  it('fails without leaving a part when the place is not there', async () => {
    await assert.rejects(builder.build(join(directory, 'nowhere', 'seed.iso'), seed), { code: 'ENOENT' })
  })
})
