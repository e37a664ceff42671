import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { eq } from 'drizzle-orm'
import * as schema from '../../../src/db/schema.ts'
import type { Change } from '../../../src/zone/zone.ts'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
const many = 250
const info = { who: 'test', requestId: 'test', action: 'test' }

before(async () => {
  world = await openTestAppliance()
  const id = await makeGuest(world, { name: 'zz-first' })
  const { zone } = world.appliance
  const { version: _, ...row } = zone.db.select().from(schema.guest).where(eq(schema.guest.id, id)).get()!
  const secretOf = (key: string) => world.appliance.secrets.encrypt('hush', `guest:${key}:monitor`)
  const guest = (index: number): Change => {
    const key = randomUUID()
    const mac = `52:54:00:00:${Math.floor(index / 256).toString(16)}0:${(index % 256).toString(16).padStart(2, '0')}`
    const own = {
      id: key,
      name: `copy-${index}`,
      mac,
      disks: [],
      address: null,
      addressPool: null,
      monitorSecret: secretOf(key),
    }
    return { table: 'guest', key, before: null, after: { ...row, ...own } }
  }
  const image = (index: number): Change => {
    const key = randomUUID()
    const own = {
      id: key,
      kind: 'media',
      name: `image-${index}`,
      owner: 'admin',
      group: 'manager',
      description: '',
    }
    const empty = {
      tags: [],
      state: 'empty',
      volume: null,
      format: null,
      sha256: null,
      sizeBytes: 0,
      virtualSizeBytes: 0,
    }
    return {
      table: 'image',
      key,
      before: null,
      after: { ...own, ...empty, createdAt: 0, modifiedAt: 0 } as Change['after'],
    }
  }
  for (let from = 0; from < many; from += 25)
    for (const make of [guest, image])
      await zone.commit(
        info,
        Array.from({ length: 25 }, (_, index) => make(from + index)),
      )
})
after(() => world.close())

const namesOf = (data: unknown) => (data as { name: string }[]).map(({ name }) => name)

describe('lists of any length', () => {
  for (const [path, total] of [
    ['/guest_search?pool=default', many + 1],
    ['/instance_status/default', many + 1],
    ['/media_image_search', many],
    ['/media_images', many],
  ] as const)
    it(`are whole, in order, or the part that is asked for: ${path}`, async () => {
      const part = (query: string) => world.call('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`)
      const whole = await world.call('GET', path)
      assert.equal(whole.status, 200, whole.text.slice(0, 200))
      assert.equal(whole.headers.get('x-total-count'), String(total))
      assert.match(whole.headers.get('content-type') ?? '', /^application\/json/)
      const names = namesOf(whole.data)
      assert.equal(names.length, total)
      assert.deepEqual(names, names.toSorted())
      assert.equal(new Set(names).size, total)
      for (const [limit, offset] of [
        [1, 0],
        [100, 0],
        [150, 30],
        [100, total - 5],
        [5, total],
      ] as const) {
        const some = await part(`limit=${limit}&offset=${offset}`)
        assert.deepEqual(namesOf(some.data), names.slice(offset, offset + limit), `${limit} ${offset}`)
        assert.equal(some.headers.get('x-total-count'), String(total))
      }
      for (const bad of ['limit=0', 'limit=x', 'offset=-1']) assert.equal((await part(bad)).status, 400)
    })
})
