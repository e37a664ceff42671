import assert from 'node:assert/strict'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { qcow2Magic } from '../../../src/drivers/simulated/volumes.ts'
import { everything, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

interface File {
  file: string
  status: string
  id?: string
  name?: string
  error?: string
}

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const folder = (kind: string) => join(world.dataDir, 'import', kind)
const lay = (kind: 'media' | 'disk', name: string, content: Uint8Array | string) =>
  writeFile(join(folder(kind), name), content)
const owned = { owner: 'alice', group: 'staff' }

async function sync(kind: 'media' | 'disk', query = ''): Promise<File[]> {
  const answer = await world.call('PATCH', `/${kind}_images/${query}`, owned)
  assert.equal(answer.status, 200, answer.text)
  return answer.data as File[]
}

const shown = (files: File[]) => files.map(({ file, status }) => `${file} ${status}`)

function qcow2(sizeBytes = 2 ** 30): Buffer {
  const header = Buffer.alloc(512)
  qcow2Magic.copy(header)
  header.writeBigUInt64BE(BigInt(sizeBytes), 24)
  return header
}

beforeEach(async () => {
  for (const kind of ['media', 'disk']) {
    await rm(folder(kind), { recursive: true })
    await mkdir(folder(kind))
  }
})

describe('files that lie in the import folder', () => {
  it('become images of the kind, owned as asked, and stay', async () => {
    await lay('media', 'debian-12.iso', Buffer.alloc(4096, 1))
    await lay('disk', 'golden.qcow2', qcow2())
    await lay('disk', 'plain.raw', Buffer.alloc(2048, 2))
    await lay('disk', '.hidden', 'x')
    assert.deepEqual(shown(await sync('media')), ['debian-12.iso imported'])
    const files = await sync('disk')
    assert.deepEqual(shown(files), ['golden.qcow2 imported', 'plain.raw imported'])
    const golden = (await world.as('alice')('GET', `/disk_images/${files[0]?.id}`)).data as object
    const expected = { ...owned, name: 'golden', created: true, format: 'qcow2', virtual_size: 2 ** 30 }
    assert.partialDeepStrictEqual(golden, expected)
    const bytes = await world.call('GET', `/disk_images/${files[1]?.id}/file`)
    assert.equal(bytes.text.length, 2048)
    assert.deepEqual(world.volumes.partials.size, 0)
  })

  it('are taken once, however often it is asked', async () => {
    await lay('media', 'once.iso', Buffer.alloc(512, 3))
    const [first] = await sync('media')
    const state = await everything(world)
    const [second] = await sync('media')
    assert.deepEqual([second?.status, second?.id], ['present', first?.id])
    const { tasks: _, ...rest } = (await everything(world)) as Record<string, unknown>
    const { tasks: __, ...earlier } = state as Record<string, unknown>
    assert.deepEqual(rest, earlier)
  })

  it('are refused by name where they are links, no files, or no images, and keep no others from it', async () => {
    await symlink('/etc/passwd', join(folder('disk'), 'a-link.raw'))
    await mkdir(join(folder('disk'), 'b-directory'))
    await lay('disk', 'c no name.raw', Buffer.alloc(512, 1))
    await lay('disk', 'd-good.raw', Buffer.alloc(512, 4))
    await lay('media', 'not-a-medium.iso', qcow2())
    const files = await sync('disk')
    assert.deepEqual(shown(files), [
      'a-link.raw refused',
      'b-directory refused',
      'c no name.raw refused',
      'd-good.raw imported',
    ])
    assert.match(files[0]?.error ?? '', /symbolic link/)
    assert.match(files[1]?.error ?? '', /no plain file/)
    assert.match(files[2]?.error ?? '', /name must be/)
    const [medium] = await sync('media')
    assert.deepEqual([medium?.status, medium?.file], ['failed', 'not-a-medium.iso'])
    assert.match(medium?.error ?? '', /a medium must be an ISO/)
    const media = (await world.call('GET', '/media_images/')).data as { name: string }[]
    assert.ok(!media.some(({ name }) => name === 'not-a-medium'))
    assert.equal(world.volumes.partials.size, 0)
  })

  it('are only named by a dry run', async () => {
    await lay('disk', 'later.raw', Buffer.alloc(512, 5))
    const state = await everything(world)
    const answer = await world.call('PATCH', '/disk_images/?dry_run=true', owned)
    assert.match(answer.text, /make the disk image 'later' of 'later.raw'/)
    assert.deepEqual(await everything(world), state)
  })

  it('are none of those who may only touch their own', async () => {
    await lay('disk', 'mine.raw', Buffer.alloc(512, 6))
    for (const who of ['alice', 'audrey'])
      assert.equal((await world.as(who)('PATCH', '/disk_images/', owned)).status, 403, who)
    assert.equal((await world.as(null)('PATCH', '/disk_images/', owned)).status, 401)
    for (const [body, field] of [
      [{ group: 'staff' }, 'owner'],
      [{ ...owned, owner: 'nobody' }, 'owner'],
      [{ ...owned, group: 'nobody' }, 'group'],
    ] as const) {
      const answer = await world.call('PATCH', '/disk_images/', body)
      assert.deepEqual([answer.status, answer.field], [400, field], answer.text)
    }
  })
})
