// Every operation of the original's document, and of what its clients use beside it, is routed, described and exercised:
// the document itself is read, so that nothing can be forgotten. The walk goes over HTTP to the real server; hypervisor,
// network and volumes are the behaving fakes here. test/full/document-walk.test.ts goes the same way on real libvirt.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { qcow2Magic } from '../../../src/drivers/simulated/volumes.ts'
import { openapiDocument } from '../../../src/http/openapi/document.ts'
import type { Operation } from '../../../src/http/operation.ts'
import { createRouter } from '../../../src/http/router.ts'
import { mainOperations } from '../../../src/main/operations.ts'
import { openTestAppliance, type TestAppliance, tokenOf } from '../../support/appliance.ts'
import { runServer } from '../server-running.ts'
import { documented, type OperationName, undocumented, without } from './document-operations.ts'
import { type Send, Walk, type WalkWorld } from './document-walk.ts'
import { walkGuests } from './document-walk-guests.ts'
import { walkImages } from './document-walk-images.ts'
import { walkPeople } from './document-walk-people.ts'
import { walkPools } from './document-walk-pools.ts'

const operationsOf = (world: TestAppliance): Operation[] =>
  mainOperations(world.appliance, {
    dataDir: world.dataDir,
    listen: { scheme: 'http', host: '127.0.0.1', port: 0 },
    libvirtUri: 'test:///',
  } as Parameters<typeof mainOperations>[1])

const all = [...documented(), ...undocumented]
let world: TestAppliance
let operations: Operation[]
before(async () => {
  world = await openTestAppliance()
  operations = operationsOf(world)
})
after(() => world.close())

const missing = (there: (name: OperationName) => boolean, names: readonly OperationName[] = all) =>
  names.filter((name) => !there(name))

const parts = (name: OperationName) => {
  const [method = '', path = ''] = name.replace(' /api/v1/', ' /').split(' ')
  return { method, path }
}

describe('the API document of the original', () => {
  it('has 99 operations, and the second table repeats none of them', () => {
    assert.equal(documented().length, 99)
    assert.equal(new Set(documented()).size, 99)
    assert.deepEqual(
      undocumented.filter((name) => documented().includes(name)),
      [],
    )
    assert.equal(new Set(undocumented).size, undocumented.length)
  })

  it('is routed, each operation', () => {
    const router = createRouter(operations)
    const routed = (name: OperationName) => {
      const { method, path } = parts(name)
      return router.match(method, path.replace(/\{(\w+)\}/g, '1')) !== undefined
    }
    assert.deepEqual(missing(routed), [])
    assert.equal(routed('GET /nowhere/{id}'), false)
  })

  it('is described in the OpenAPI document, each operation', () => {
    const { paths } = openapiDocument(operations, { version: '0' })
    const nameless = (path: string) => path.replace(/\{\w+\}/g, '{}')
    const described = new Set(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${nameless(path)}`),
      ),
    )
    const isDescribed = (name: OperationName) => {
      const { method, path } = parts(name)
      return described.has(`${method} ${nameless(path)}`)
    }
    assert.deepEqual(missing(isDescribed), [])
    assert.equal(isDescribed('GET /nowhere/{id}'), false)
  })

  it('is exercised over HTTP, each operation well and badly', { timeout: 120_000 }, async () => {
    const { walk, stop } = await begin()
    try {
      await setUp(walk)
      const going = walkWorld(walk)
      await walkPeople(going)
      await walkPools(going)
      await walkGuests(going, await walkImages(going))
    } finally {
      await stop()
    }
    for (const sort of ['good', 'bad'] as const) {
      const excused = (name: OperationName) => without[name]?.case === sort
      assert.deepEqual(
        missing((name) => walk.seen[sort].has(name) || excused(name)),
        [],
        `no ${sort} case`,
      )
      const idle = all.filter((name) => excused(name) && walk.seen[sort].has(name))
      assert.deepEqual(idle, [], `these have a ${sort} case after all: take them out of 'without'`)
    }
  })
})

const served = async (of: TestAppliance) => {
  const { appliance } = of
  const deps = { operations: operationsOf(of), resolve: appliance.identity.resolve }
  const server = await runServer({ deps })
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.close(1000) }
}

const sendTo =
  (url: string, base = ''): Send =>
  async ({ method, path, body, credential }) => {
    const raw = body === undefined || body instanceof Uint8Array
    const response = await fetch(url + base + path, {
      method,
      headers: credential === null ? {} : { authorization: `Bearer ${credential}` },
      ...(body === undefined ? {} : { body: raw ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    const data: unknown = isJson ? (JSON.parse(text) as { data: unknown }).data : undefined
    return { status: response.status, headers: response.headers, text, data }
  }

async function begin() {
  const { url, stop } = await served(world)
  return { walk: new Walk(all, tokenOf('admin'), sendTo(url)), stop }
}

/** The first administrator is made once, on an appliance of its own. */
async function setUp(walk: Walk): Promise<void> {
  const fresh = await openTestAppliance({ idle: true })
  const { url, stop } = await served(fresh)
  const first = new Walk(all, '', sendTo(url))
  try {
    const body = {
      user: 'admin',
      password: 'correct horse',
      menu: ['dashboard'],
      group: 'admin',
      role: 'super',
    }
    const code = fresh.appliance.identity.setup.issueCode()
    await first.bad('POST /system', { body: { ...body, code: 'none' }, as: null, status: 403 })
    assert.equal((await first.good('GET /system', { as: null }))['ready'], false)
    await first.good('POST /system', { body: { ...body, code }, as: null })
    assert.equal((await first.good('GET /system', { as: null }))['ready'], true)
    await first.bad('POST /system', { body: { ...body, code }, as: null, status: 409 })
  } finally {
    await stop()
    await fresh.close()
  }
  for (const sort of ['good', 'bad'] as const) for (const name of first.seen[sort]) walk.seen[sort].add(name)
}

function walkWorld(walk: Walk): WalkWorld {
  const disk = Buffer.alloc(512)
  qcow2Magic.copy(disk)
  disk.writeBigUInt64BE(BigInt(64 * 2 ** 20), 24)
  return {
    ...{ walk, disk, media: Buffer.alloc(4096, 1), directory: '/srv/second', cell: 'here' },
    async untilAgent(guest) {
      while (!world.hypervisor.world.find(guest).agentConnected)
        await new Promise((resolve) => setTimeout(resolve, 2))
    },
    async layImport(kind, name, content) {
      const directory = join(world.dataDir, 'import', kind)
      await mkdir(directory, { recursive: true })
      await writeFile(join(directory, name), content)
    },
  }
}
