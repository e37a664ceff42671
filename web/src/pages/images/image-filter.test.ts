import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filtered, imageNameOf } from './image-filter.ts'
import type { Image } from './images-api.ts'

const image = (name: string, values: Partial<Image> = {}): Image => ({
  ...{ id: `id-${name}`, name, description: '', tags: [], owner: 'lena', group: 'platform', created: true },
  ...{ progress: 100, size: 1, virtual_size: 1, format: 'raw', sha256: '' },
  ...{ create_time: '2026-01-01 00:00:00', modify_time: '2026-01-01 00:00:00' },
  ...values,
})
const all = [
  image('debian-12', { tags: ['linux', 'stable'], size: 30, description: 'Bookworm' }),
  image('debian-9', { tags: ['linux'], size: 10, owner: 'tomas', modify_time: '2026-03-01 00:00:00' }),
  image('windows', { tags: ['desktop'], size: 20, group: 'data' }),
]
const names = (filter: Parameters<typeof filtered>[1]) => filtered(all, filter).map(({ name }) => name)

test('images are found by words, any of several tags, owner and group', () => {
  assert.deepEqual(names({}), ['debian-9', 'debian-12', 'windows'])
  assert.deepEqual(names({ q: 'BOOK debian' }), ['debian-12'])
  assert.deepEqual(names({ tag: 'stable,desktop' }), ['debian-12', 'windows'])
  assert.deepEqual(names({ owner: 'tomas' }), ['debian-9'])
  assert.deepEqual(names({ group: 'data', q: 'debian' }), [])
})

test('images are sorted both ways', () => {
  assert.deepEqual(names({ sort: 'size' }), ['debian-9', 'windows', 'debian-12'])
  assert.deepEqual(names({ sort: '-modified' })[0], 'debian-9')
})

test('a file gives its image a name that is allowed', () => {
  assert.equal(imageNameOf('Fedora 41 (x86_64).qcow2'), 'Fedora-41-x86_64-')
  assert.equal(imageNameOf('.hidden.iso'), 'hidden')
  assert.equal(imageNameOf('***'), 'image')
})
