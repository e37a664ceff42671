import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { asc } from 'drizzle-orm'
import {
  breaking,
  hanging,
  type ImageWorld,
  openImageWorld,
  sending,
} from '../../../test/support/image-world.ts'
import { testCommit } from '../../../test/support/zone.ts'
import * as cellSchema from '../../db/cell-schema.ts'
import * as schema from '../../db/schema.ts'
import { DirStore } from '../../drivers/dir/dir-store.ts'
import { run } from '../../drivers/exec.ts'
import { createInspector } from '../../drivers/qemu-img/inspector.ts'
import type { OperationContext } from '../context.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { ImageRequest } from './image.ts'
import { recoverUploads } from './receive.ts'
import { idleMs } from './uploads.ts'

const mib = 1024 ** 2
const request: ImageRequest = {
  name: 'debian12',
  owner: 'admin',
  group: 'manager',
  description: '',
  tags: [],
}

describe('images', () => {
  let directory: string
  let world: ImageWorld
  let store: DirStore
  let op: OperationContext
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-images-'))
    store = new DirStore(join(directory, 'pool'))
    await store.probe()
    world = await openImageWorld({ store, inspector: createInspector() })
    op = world.op
  })
  afterEach(async () => {
    await world.close()
    await rm(directory, { recursive: true })
  })

  const files = async () => (await readdir(join(directory, 'pool'))).filter((name) => name !== '.quarantine')
  const volumes = () => world.db.select().from(schema.volume).orderBy(asc(schema.volume.name)).all()
  const nothingLeft = async () => assert.deepEqual([await files(), volumes()], [[], []])
  const create = async (kind: 'media' | 'disk' = 'media', values: Partial<ImageRequest> = {}) =>
    (await world.images.create(op, kind, { ...request, ...values })).id
  const upload = (id: string, bytes: Uint8Array, kind: 'media' | 'disk' = 'media') =>
    world.images.upload(op, { kind, id }, { stream: sending(bytes), declaredBytes: bytes.length })
  const qcow2 = async (...options: string[]) => {
    const path = join(directory, 'source.qcow2')
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, path, '32M'])
    return readFile(path)
  }
  const as = (permissions: string[], groups: string[] = []): OperationContext => ({
    ...op,
    who: { name: 'ann', kind: 'user', groups, permissions: new Set(permissions) },
  })

  test('an image is made empty, changed in part and found', async () => {
    const id = await create('disk', { tags: ['linux', '64bit'] })
    const other = await create('disk', { name: 'win', tags: ['windows'], group: 'staff' })
    await create('media')
    world.time.now += 1000
    await world.images.modify(op, { kind: 'disk', id }, { description: 'stable' })
    const image = world.images.get(op, 'disk', id)
    assert.deepEqual(
      [
        image.name,
        image.description,
        image.tags,
        image.created,
        image.progress,
        image.modifiedAt - image.createdAt,
      ],
      ['debian12', 'stable', ['linux', '64bit'], false, 0, 1000],
    )
    const names = (filter: { group?: string; tags?: string[] }) =>
      world.images.list(op, { kind: 'disk', ...filter }).first.map((found) => found.name)
    assert.deepEqual(names({}), ['debian12', 'win'])
    assert.deepEqual(names({ tags: ['windows', 'linux'] }), ['debian12', 'win'])
    assert.deepEqual(names({ tags: ['windows'] }), ['win'])
    assert.deepEqual(names({ group: 'manager', tags: ['windows'] }), [])
    assert.throws(() => world.images.get(op, 'media', other), AppError)
  })

  test('bad input names its field and changes nothing', async () => {
    await create()
    const wrong: [values: Partial<ImageRequest>, field: string, code?: ErrorCode][] = [
      [{ name: '' }, 'name'],
      [{ name: '../x' }, 'name'],
      [{ name: 'a b' }, 'name'],
      [{ name: 'x'.repeat(129) }, 'name'],
      [{ name: 'debian12' }, 'name', 'conflict'],
      [{ owner: 'nobody' }, 'owner'],
      [{ group: 'nothing' }, 'group'],
      [{ description: 'x'.repeat(1025) }, 'description'],
      [{ description: '\u0000' }, 'description'],
      [{ tags: ['ok', 'a,b'] }, 'tags[1]'],
      [{ tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }, 'tags'],
    ]
    for (const [values, field, code = 'invalid'] of wrong)
      await assert.rejects(
        create('media', values),
        (error) => error instanceof AppError && error.code === code && error.field === field,
        `${JSON.stringify(values).slice(0, 80)} should be refused for ${field}`,
      )
    assert.equal(world.images.list(op, { kind: 'media' }).first.length, 1)
    await create('media', { group: 'staff' })
    await create('disk')
  })

  test('who may see and change what', async () => {
    const mine = await create('disk', { group: 'staff' })
    await create('disk', { name: 'other' })
    const member = as(['image.read.own', 'image.write.own'], ['staff'])
    assert.deepEqual(
      world.images.list(member, { kind: 'disk' }).first.map((image) => image.id),
      [mine],
    )
    await world.images.modify(member, { kind: 'disk', id: mine }, { description: 'x' })
    await rejects(
      world.images.modify(member, { kind: 'disk', id: mine }, { group: 'manager', owner: 'admin' }),
      'forbidden',
    )
    await rejects(world.images.create(member, 'disk', { ...request, name: 'n' }), 'forbidden')
    await rejects(world.images.create(as(['image.read']), 'disk', request), 'forbidden')
    await rejects(upload.call(null, 'none', new Uint8Array(1)), 'not_found')
  })

  test('a medium is uploaded, hashed, read back and deleted into quarantine', async () => {
    const id = await create()
    const bytes = randomBytes(3 * mib + 512)
    await upload(id, bytes)
    const image = world.images.get(op, 'media', id)
    assert.deepEqual(
      [image.created, image.progress, image.sizeBytes, image.virtualSizeBytes, image.format, image.sha256],
      [true, 100, bytes.length, bytes.length, 'raw', sha256(bytes)],
    )
    assert.deepEqual(
      volumes().map((volume) => [volume.state, volume.ownerKind, volume.kind]),
      [['ready', 'image', 'media']],
    )
    const download = await world.images.download(op, 'media', id)
    assert.deepEqual(
      [download.name, download.sizeBytes, download.tag],
      ['debian12.iso', bytes.length, sha256(bytes)],
    )
    assert.deepEqual(await collect(await download.open({ start: 5, end: 9 })), bytes.subarray(5, 10))
    await world.images.delete(op, 'media', id)
    assert.throws(() => world.images.get(op, 'media', id), AppError)
    assert.deepEqual(await files(), [])
    assert.deepEqual(
      volumes().map((volume) => volume.state),
      ['quarantined'],
    )
  })

  test('a disk image may be qcow2 or raw, and is kept as it came', async () => {
    const id = await create('disk')
    const bytes = await qcow2()
    await upload(id, bytes, 'disk')
    const image = world.images.get(op, 'disk', id)
    assert.deepEqual(
      [image.format, image.virtualSizeBytes, image.sizeBytes],
      ['qcow2', 32 * mib, bytes.length],
    )
    assert.match((await files())[0]!, /^image-.*\.qcow2$/)
    assert.deepEqual(await collect(await (await world.images.download(op, 'disk', id)).open()), bytes)
    const raw = await create('disk', { name: 'raw' })
    await upload(raw, Buffer.alloc(mib), 'disk')
    assert.equal(world.images.get(op, 'disk', raw).format, 'raw')
  })

  test('what cannot be taken leaves nothing', async () => {
    const media = await create()
    const disk = await create('disk')
    await rejects(upload(media, await qcow2()), 'invalid')
    await rejects(upload(disk, await qcow2('-u', '-b', '/etc/shadow', '-F', 'raw'), 'disk'), 'invalid')
    await rejects(upload(disk, new Uint8Array(0), 'disk'), 'invalid')
    await rejects(upload(disk, (await qcow2()).subarray(0, 4000), 'disk'), 'invalid')
    const broken = { stream: breaking([randomBytes(mib)]), declaredBytes: 5 * mib }
    await assert.rejects(world.images.upload(op, { kind: 'media', id: media }, broken), /connection lost/)
    const huge = { stream: sending(), declaredBytes: Number.MAX_SAFE_INTEGER }
    await rejects(world.images.upload(op, { kind: 'media', id: media }, huge), 'insufficient_capacity')
    await nothingLeft()
    await upload(media, randomBytes(2048))
  })

  test('an image with content takes no other, and one upload at a time', async () => {
    const id = await create()
    const gone = new AbortController()
    const bytes = { stream: hanging([randomBytes(2 * mib)], gone.signal), declaredBytes: 4 * mib }
    const first = world.images.upload(op, { kind: 'media', id }, bytes)
    while (world.images.get(op, 'media', id).progress === 0)
      await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(world.images.get(op, 'media', id).progress, 50)
    await rejects(upload(id, randomBytes(512)), 'busy')
    await rejects(world.images.delete(op, 'media', id), 'busy')
    gone.abort()
    await first
    await rejects(upload(id, randomBytes(512)), 'conflict')
  })

  test('an image is not deleted under what needs it, and they are named', async () => {
    const id = await create('disk')
    await upload(id, await qcow2(), 'disk')
    const [base] = volumes()
    await world.zone.commit(testCommit, [
      {
        table: 'volume',
        key: 'clone',
        before: null,
        after: {
          ...withoutVersion(base!),
          id: 'clone',
          name: 'disk-1.qcow2',
          parent: base!.id,
          ownerKind: 'none',
          owner: '',
        },
      },
    ])
    await rejects(world.images.delete(op, 'disk', id), 'conflict', /disk-1\.qcow2/)
    assert.equal(world.images.get(op, 'disk', id).created, true)
  })

  test('an upload in parts goes on after a cut, a restart and a silent sender', async () => {
    const id = await create()
    const bytes = randomBytes(3 * mib)
    const started = await world.uploads.start(op, {
      image: id,
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
    })
    const part = (offset: number, stream: AsyncIterable<Uint8Array>) =>
      world.uploads.append(op, started.id, { offset, stream })
    await assert.rejects(part(0, breaking([bytes.subarray(0, mib)])), /connection lost/)
    assert.equal((await world.uploads.get(op, started.id)).offset, mib)
    await rejects(part(0, sending(bytes)), 'conflict', /1048576/)
    const silent = part(mib, hanging([bytes.subarray(mib, 2 * mib)], new AbortController().signal))
    const silenced = rejects(silent, 'conflict', /newer/)
    while ((await world.uploads.get(op, started.id)).offset < 2 * mib)
      await new Promise((resolve) => setTimeout(resolve, 5))
    await rejects(upload(id, bytes), 'conflict', /open/)
    await recoverUploads({ ...fakeDeps(), zone: world.zone }, op)
    const done = await part(2 * mib, sending(bytes.subarray(2 * mib)))
    await silenced
    assert.deepEqual([done.finished, done.offset], [true, bytes.length])
    assert.equal(world.images.get(op, 'media', id).sha256, sha256(bytes))
    await rejects(world.uploads.get(op, started.id), 'not_found')
    assert.equal((await files()).length, 1)
  })

  const fakeDeps = () => ({
    ...{ tasks: world.tasks, inspector: createInspector(), store: () => store, imagePool: () => 'local' },
    ...{ ensureRoom: async () => undefined, now: () => world.time.now },
  })

  test('an upload in parts that turns out wrong ends and leaves nothing', async () => {
    const id = await create()
    const bytes = randomBytes(mib)
    const start = (sha: string) =>
      world.uploads.start(op, { image: id, sizeBytes: bytes.length, sha256: sha })
    const wrong = await start('0'.repeat(64))
    await rejects(
      world.uploads.append(op, wrong.id, { offset: 0, stream: sending(bytes) }),
      'invalid',
      /SHA-256/,
    )
    await nothingLeft()
    const long = await start(sha256(bytes))
    await rejects(
      world.uploads.append(op, long.id, { offset: 0, stream: sending(bytes, bytes) }),
      'invalid',
      /more bytes/,
    )
    await rejects(world.uploads.start(op, { image: id, sizeBytes: 1 }), 'conflict')
    await world.uploads.remove(op, long.id)
    await nothingLeft()
    await rejects(world.uploads.start(op, { image: id, sizeBytes: 0 }), 'invalid')
    await rejects(world.uploads.start(op, { image: id, sizeBytes: 1, sha256: 'zz' }), 'invalid')
  })

  test('an idle upload ends by itself', async () => {
    const id = await create()
    const idle = await world.uploads.start(op, { image: id, sizeBytes: 2 * mib })
    await assert.rejects(
      world.uploads.append(op, idle.id, { offset: 0, stream: breaking([randomBytes(mib)]) }),
    )
    assert.deepEqual(await world.uploads.expire(op), [])
    world.time.now += idleMs + 1
    assert.equal((await world.uploads.expire(op)).length, 1)
    await nothingLeft()
  })

  test('a one-shot upload that a crash cut is cleared at the next start', async () => {
    const id = await create()
    await world.images.upload(
      op,
      { kind: 'media', id },
      { stream: sending(randomBytes(512)), declaredBytes: null },
    )
    const [ready] = volumes()
    await world.zone.commit(testCommit, [
      {
        table: 'volume',
        key: 'cut',
        before: null,
        after: { ...withoutVersion(ready!), id: 'cut', name: 'media-cut.iso', state: 'creating' },
      },
    ])
    const target = await store.openUpload('media-cut.iso')
    await target.write(randomBytes(100))
    await target.suspend()
    await recoverUploads({ ...fakeDeps(), zone: world.zone }, op)
    assert.deepEqual(await files(), [ready!.name])
    assert.deepEqual(
      volumes().map((volume) => volume.id),
      [ready!.id],
    )
    assert.equal(world.db.select().from(cellSchema.upload).all().length, 0)
  })

  test('a dry run changes nothing', async () => {
    const id = await create()
    const dry = { ...op, dryRun: true }
    await world.images.create(dry, 'media', { ...request, name: 'dry' })
    await world.images.modify(dry, { kind: 'media', id }, { description: 'dry' })
    await world.images.upload(dry, { kind: 'media', id }, { stream: breaking([]), declaredBytes: 5 })
    await world.uploads.start(dry, { image: id, sizeBytes: 5 })
    const plan = await world.images.delete(dry, 'media', id)
    assert.ok('plan' in plan && plan.plan.length === 3)
    const [image, ...others] = world.images.list(op, { kind: 'media' }).first
    assert.deepEqual([image?.description, image?.state, others.length], ['', 'empty', 0])
    await nothingLeft()
  })
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const withoutVersion = <T extends { version: number }>({ version: _, ...row }: T) => row

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const rejects = (promise: Promise<unknown>, code: ErrorCode, message = /./) =>
  assert.rejects(
    promise,
    (error) => error instanceof AppError && error.code === code && message.test(error.message),
  )
