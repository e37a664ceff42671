import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { Findings } from '../../src/core/ledger/findings.ts'
import { createLedger } from '../../src/core/ledger/ledger.ts'
import { createStoragePools } from '../../src/core/storage-pools/storage-pools.ts'
import { DirStore } from '../../src/drivers/dir/dir-store.ts'
import { createInspector } from '../../src/drivers/qemu-img/inspector.ts'
import { diskImageOperations } from '../../src/http/nano/disk-images.ts'
import { ledgerOperations } from '../../src/http/nano/ledger.ts'
import { mediaImageOperations } from '../../src/http/nano/media-images.ts'
import { storagePoolOperations } from '../../src/http/nano/storage-pools.ts'
import { uploadOperations } from '../../src/http/nano/uploads.ts'
import { type ImageWorld, openImageWorld } from '../support/image-world.ts'
import { runServer } from './server-running.ts'

interface Answer {
  status: number
  data: Record<string, unknown> & Record<string, unknown>[]
  message: string
  field?: string
}

const mib = 1024 ** 2
const record = { name: 'centos7_64_minimal', owner: 'admin', group: 'manager', description: 'some desc' }

describe('images by HTTP', () => {
  let directory: string
  let world: ImageWorld
  let server: Awaited<ReturnType<typeof runServer>>
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-images-'))
    const store = new DirStore(join(directory, 'pool'))
    await store.probe()
    const inspector = createInspector()
    world = await openImageWorld({ store, inspector })
    const { zone, images, uploads } = world
    const now = () => world.time.now
    const storagePools = createStoragePools({
      zone,
      secrets: { encrypt: (text) => text, decrypt: (text) => text },
      open: ({ target }) => new DirStore(target),
      now,
    })
    const deps = { zone, store: () => store, now }
    const ledger = createLedger({ ...deps, inspector }, new Findings(deps))
    const operations = [
      ...mediaImageOperations({ images }),
      ...diskImageOperations({ images }),
      ...uploadOperations({ uploads }),
      ...storagePoolOperations({ storagePools }),
      ...ledgerOperations({ ledger }),
    ]
    server = await runServer({ deps: { operations } })
  })
  afterEach(async () => {
    await server.close(1000)
    await world.close()
    await rm(directory, { recursive: true })
  })

  const files = async () => (await readdir(join(directory, 'pool'))).filter((name) => name !== '.quarantine')
  const send = (
    method: string,
    path: string,
    body?: string | Uint8Array | FormData,
    headers: Record<string, string> = {},
  ) =>
    fetch(server.url + path, {
      method,
      body,
      headers: { authorization: 'Bearer main', ...headers },
      duplex: 'half',
    } as RequestInit)
  const call = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const given = body instanceof Uint8Array || body instanceof FormData ? body : undefined
    const response = await send(
      method,
      path,
      given ?? (body === undefined ? undefined : JSON.stringify(body)),
      headers,
    )
    return { status: response.status, ...((await response.json()) as object) } as Answer
  }
  const create = async (path: string, values: object = {}) =>
    String((await call('POST', path, { ...record, ...values })).data['id'])
  const form = (bytes: Uint8Array, field = 'image') => {
    const data = new FormData()
    data.append('note', 'before')
    data.append(field, new Blob([bytes as Uint8Array<ArrayBuffer>]), 'x.iso')
    return data
  }

  test('a medium by the document: record, form upload, search, download, change, delete', async () => {
    const id = await create('/media_images/', { tags: ['linux', '64bit', 'centos'] })
    const bytes = randomBytes(2 * mib)
    const uploaded = await call('POST', `/media_image_files/${id}`, form(bytes))
    assert.equal(uploaded.status, 200)
    assert.equal(uploaded.data['sha256'], sha256(bytes))
    const [found] = (await call('GET', '/api/v1/media_image_search/?group=manager&tags=none&tags=centos'))
      .data
    assert.deepEqual(
      [found?.['id'], found?.['name'], found?.['size'], found?.['tags'], found?.['create_time']],
      [id, record.name, bytes.length, ['linux', '64bit', 'centos'], '2026-01-01 00:00:00'],
    )
    assert.deepEqual((await call('GET', '/media_image_search?tags=none')).data, [])
    const whole = await send('GET', `/api/v1/media_images/${id}/file/`)
    assert.equal(whole.headers.get('content-length'), String(bytes.length))
    assert.match(
      whole.headers.get('content-disposition') ?? '',
      /attachment; filename="centos7_64_minimal.iso"/,
    )
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes)
    await call('PUT', `/media_images/${id}`, {
      name: '',
      owner: '',
      group: '',
      description: 'new',
      tags: null,
    })
    const image = (await call('GET', `/media_images/${id}`)).data
    assert.deepEqual(
      [image['name'], image['description'], image['tags']],
      [record.name, 'new', ['linux', '64bit', 'centos']],
    )
    assert.equal((await call('DELETE', `/media_images/${id}`)).status, 200)
    assert.equal((await call('GET', `/media_images/${id}`)).status, 404)
  })

  test('downloads serve ranges', async () => {
    const id = await create('/media_images')
    const bytes = randomBytes(10_000)
    await call('POST', `/media_images/${id}/file`, bytes)
    const path = `/media_images/${id}/file`
    const ranges: [header: string, status: number, from: number, to: number][] = [
      ['bytes=0-99', 206, 0, 100],
      ['bytes=9990-', 206, 9990, 10_000],
      ['bytes=-10', 206, 9990, 10_000],
      ['bytes=9999-20000', 206, 9999, 10_000],
      ['bytes=5-2', 200, 0, 10_000],
      ['lines=1-2', 200, 0, 10_000],
    ]
    for (const [range, status, from, to] of ranges) {
      const response = await send('GET', path, undefined, { range })
      assert.equal(response.status, status, range)
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes.subarray(from, to), range)
      if (status === 206) assert.equal(response.headers.get('content-range'), `bytes ${from}-${to - 1}/10000`)
    }
    const beyond = await send('GET', path, undefined, { range: 'bytes=10000-' })
    assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */10000'])
    await beyond.arrayBuffer()
    assert.equal((await send('HEAD', path)).headers.get('content-length'), '10000')
  })

  test('a disk image takes qcow2 or raw under a path with and without an id', async () => {
    const id = await create('/disk_images/whatever/')
    assert.equal((await call('POST', `/disk_image_files/${id}`, Buffer.alloc(mib))).data['format'], 'raw')
    const image = (await call('GET', `/disk_images/${id}`)).data
    assert.deepEqual([image['created'], image['progress'], image['virtual_size']], [true, 100, mib])
    assert.equal((await call('POST', `/disk_image_files/${id}`, Buffer.alloc(mib))).status, 409)
  })

  test('a refused upload answers why, leaves nothing, and the connection goes on', async () => {
    const id = await create('/media_images')
    assert.match(
      (await call('POST', `/media_images/${id}/file`, form(randomBytes(10), 'file'))).message,
      /field 'image'/,
    )
    const hostile = Buffer.concat([Buffer.from('514649fb00000003', 'hex'), Buffer.alloc(4 * mib)])
    const refused = await call('POST', `/media_images/${id}/file`, hostile)
    assert.deepEqual([refused.status, refused.field], [400, 'image'])
    const cut = await call('POST', `/media_images/${id}/file`, Buffer.from('--x\r\nbroken'), {
      'content-type': 'multipart/form-data; boundary=x',
    })
    assert.equal(cut.status, 400)
    assert.equal(
      (
        await call('POST', `/media_images/${id}/file`, Buffer.alloc(5), {
          'content-type': 'multipart/form-data',
        })
      ).status,
      400,
    )
    assert.equal((await call('POST', '/media_images/none/file', randomBytes(8 * mib))).status, 404)
    assert.deepEqual(await files(), [])
    assert.equal((await call('POST', `/media_images/${id}/file`, form(randomBytes(2048)))).status, 200)
  })

  test('an upload whose sender vanishes leaves nothing', async () => {
    const id = await create('/media_images')
    for (const type of ['application/octet-stream', 'multipart/form-data; boundary=x']) {
      const request = httpRequest(`${server.url}/media_images/${id}/file`, {
        method: 'POST',
        headers: { authorization: 'Bearer main', 'content-type': type, 'content-length': 100 * mib },
      })
      request.on('error', () => undefined)
      if (type.startsWith('multipart'))
        request.write('--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n')
      request.write(randomBytes(3 * mib))
      await until(async () => (await files()).length === 1)
      request.destroy()
      await until(async () => (await files()).length === 0)
      await until(async () => (await call('GET', '/storage_pools/local/volumes/')).data.length === 0)
    }
  })

  test('an upload in parts', async () => {
    const id = await create('/media_images')
    const bytes = randomBytes(mib)
    const request = { image: id, size: bytes.length, sha256: sha256(bytes) }
    const started = await call('POST', '/uploads/', request)
    const path = `/uploads/${started.data['id']}`
    assert.equal(started.data['offset'], 0)
    const first = await call('PATCH', path, bytes.subarray(0, 1000), { 'upload-offset': '0' })
    assert.deepEqual([first.data['offset'], first.data['finished']], [1000, false])
    const gap = await call('PATCH', path, bytes.subarray(0, 1000), { 'upload-offset': '5' })
    assert.equal(gap.status, 409)
    assert.equal((await call('PATCH', path, bytes.subarray(0, 1000))).field, 'Upload-Offset')
    assert.equal((await call('POST', `${path}/finish`)).status, 409)
    assert.equal((await call('GET', path)).data['offset'], 1000)
    assert.equal((await call('GET', `/media_images/${id}`)).data['upload'], started.data['id'])
    const range = { 'content-range': `bytes 1000-${bytes.length - 1}/${bytes.length}` }
    assert.equal((await call('PUT', path, bytes.subarray(1000), range)).data['finished'], true)
    const ready = (await call('GET', `/media_images/${id}`)).data
    assert.deepEqual([ready['sha256'], ready['upload']], [request.sha256, undefined])
    assert.equal((await call('GET', path)).status, 404)
    const other = await call('POST', '/uploads', { image: await create('/disk_images'), size: 10 })
    assert.equal((await call('DELETE', `/uploads/${other.data['id']}`)).status, 200)
    assert.equal((await files()).length, 1)
  })

  test('pools and their ledger', async () => {
    const id = await create('/media_images')
    await call('POST', `/media_images/${id}/file`, randomBytes(5000))
    const [pool] = (await call('GET', '/storage_pools/')).data
    assert.deepEqual([pool?.['name'], pool?.['type']], ['local', 'dir'])
    assert.equal(
      (await call('POST', '/storage_pools/other', { type: 'dir', target: join(directory, 'other') })).status,
      200,
    )
    assert.ok(Number((await call('GET', '/storage_pools/other')).data['free']) > 0)
    assert.equal(
      (await call('POST', '/storage_pools/x', { type: 'zfs', host: 'a', target: 'b' })).field,
      'type',
    )
    assert.equal((await call('DELETE', '/storage_pools/other')).status, 200)
    const [entry] = (await call('GET', '/storage_pools/local/volumes/')).data
    const name = String(entry?.['name'])
    assert.deepEqual([entry?.['status'], entry?.['owner_name']], ['owned', `manager.${record.name}`])
    const action = (verb: string) => call('POST', `/storage_pools/local/volumes/${name}/${verb}`)
    assert.match((await action('quarantine')).message, /belongs to image/)
    await call('DELETE', `/media_images/${id}`)
    assert.equal((await action('undelete')).status, 200)
    assert.equal((await action('adopt')).status, 409)
    assert.equal((await action('quarantine')).status, 200)
    assert.equal((await action('purge')).status, 200)
    assert.deepEqual((await call('GET', '/storage_pools/local/volumes/')).data, [])
  })
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 20) {
    assert.ok(waited < 10_000, 'waited for 10 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
