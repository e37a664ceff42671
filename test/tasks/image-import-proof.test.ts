import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImageImportParams, type ImportDeps, imageImport } from '../../src/core/images/import.ts'
import type { ImportFolder } from '../../src/core/images/import-folder.ts'
import type { OpenDatabase } from '../../src/db/connect.ts'
import * as schema from '../../src/db/schema.ts'
import { qcow2Magic } from '../../src/drivers/simulated/volumes.ts'
import { proveSaga } from './crash-proof.ts'
import {
  destroyGuestWorld,
  type GuestWorld,
  guestDeps,
  ledgerProblems,
  makeGuestWorld,
  prepareZone,
} from './guest-stage.ts'

const disk = Buffer.alloc(512)
qcow2Magic.copy(disk)
disk.writeBigUInt64BE(BigInt(2 ** 30), 24)

const contents: Record<string, Buffer> = { 'a.raw': Buffer.alloc(1024, 1), 'b.qcow2': disk }

const folder: ImportFolder = {
  list: async () => [],
  async read(_kind, name) {
    const content = contents[name] ?? assert.fail(name)
    async function* stream() {
      yield content
    }
    return { stream: stream(), sizeBytes: content.length }
  },
}

const importDeps = (world: GuestWorld, database: OpenDatabase): ImportDeps => ({
  ...guestDeps(world, database),
  inspector: world.volumes.inspector(),
  imagePool: () => 'local',
  folder,
})

const item = (file: string, index: number) => ({
  file,
  sizeBytes: contents[file]?.length ?? 0,
  volume: `00000000-0000-4000-8000-00000000000${index}`,
  image: {
    ...{ id: `00000000-0000-4000-9000-00000000000${index}`, kind: 'disk' as const },
    ...{ name: file.replace(/\..*/, ''), owner: 'admin', group: 'manager', description: '', tags: [] },
    ...{ state: 'building' as const, volume: null, format: null, sizeBytes: 0, virtualSizeBytes: 0 },
    ...{ sha256: null, createdAt: 1_000, modifiedAt: 1_000 },
  },
})

const params: ImageImportParams = {
  ...{ kind: 'disk', owner: 'admin', group: 'manager' },
  items: [item('a.raw', 1), { file: 'link', sizeBytes: 0, refused: 'a link' }, item('b.qcow2', 2)],
}

const images = ({ db }: OpenDatabase) =>
  db
    .select()
    .from(schema.image)
    .all()
    .map(({ name, state, format }) => `${name} ${state} ${format}`)
    .sort()

test('image.import survives an error, a crash and a repeat at every step', async () => {
  await proveSaga<GuestWorld, ImageImportParams>({
    makeWorld: makeGuestWorld,
    destroyWorld: destroyGuestWorld,
    prepareDatabase: (database) => prepareZone(database),
    saga: (world, database) => imageImport(importDeps(world, database)),
    params,
    locks: { exclusive: ['import:disk'] },
    isClean(world, database) {
      assert.deepEqual(ledgerProblems(world, database), [])
      assert.equal(world.volumes.partials.size, 0)
      return true
    },
    isDone(world, database) {
      const made = images(database).filter((line) => /^[ab] /.test(line))
      assert.deepEqual(made, ['a ready raw', 'b ready qcow2'])
      assert.deepEqual(ledgerProblems(world, database), [])
      assert.equal(world.volumes.partials.size, 0)
      return true
    },
  })
})
