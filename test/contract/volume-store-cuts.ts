// Operations of a store that are cut in the middle: how each is prepared, and what must be true after its repeat.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { VolumeStore } from '../../src/core/volumes.ts'

const mib = 1024 ** 2
const run = promisify(execFile)

/** A command of `qemu-io` on a volume, as QEMU would open it. */
export async function io(store: VolumeStore, name: string, command: string): Promise<string> {
  const { filename, format, words = [] } = await store.location(name)
  const { stdout } = await run('qemu-io', [...words, '-f', format, '-c', command, filename])
  return stdout
}

interface CutContext {
  store: VolumeStore
  named(title: string): string
  size(wanted: number): number
  title: string
  format: 'qcow2' | 'raw'
}

/** A call of the store as data: method (with `snapshots.` where it is one) and parameters. */
export interface StoreCall {
  method: string
  parameters: readonly unknown[]
}

interface CutOperation {
  method: string
  title: string
  needs?(store: VolumeStore): boolean
  prepare(context: CutContext): Promise<StoreCall>
  check(context: CutContext & { read(name: string, offset: number): Promise<number> }): Promise<void>
  /** What it leaves, children first. */
  volumes(context: CutContext): string[]
}

const made = async ({ store, named, size, title, format }: CutContext, bytes = 32 * mib) => {
  const name = named(title)
  await store.create(name, { sizeBytes: size(bytes), format })
  await io(store, name, `write -P 5 ${mib} 4096`)
  return name
}

const self = ({ named, title }: CutContext) => [named(title)]

export const cutOperations: CutOperation[] = [
  {
    method: 'create',
    title: 'cut-create',
    prepare: async ({ named, size, title, format }) => ({
      method: 'create',
      parameters: [named(title), { sizeBytes: size(32 * mib), format }],
    }),
    async check({ store, named, size, title }) {
      assert.equal((await store.info(named(title))).virtualSizeBytes, size(32 * mib))
    },
    volumes: self,
  },
  {
    method: 'clone',
    title: 'cut-clone',
    needs: (store) => store.capabilities.thinClone,
    async prepare(context) {
      const parent = await made(context)
      return { method: 'clone', parameters: [cloneName(context), { parent, sizeBytes: 48 * mib }] }
    },
    async check(context) {
      const name = cloneName(context)
      assert.equal((await context.store.info(name)).virtualSizeBytes, 48 * mib)
      assert.equal(await context.read(name, mib), 5)
    },
    volumes: (context) => [cloneName(context), ...self(context)],
  },
  {
    method: 'copy',
    title: 'cut-copy',
    async prepare(context) {
      const source = await made(context)
      return { method: 'copy', parameters: [cloneName(context), { source, format: context.format }] }
    },
    async check(context) {
      assert.equal(await context.read(cloneName(context), mib), 5)
    },
    volumes: (context) => [cloneName(context), ...self(context)],
  },
  {
    method: 'resize',
    title: 'cut-resize',
    needs: (store) => store.capabilities.onlineResize,
    async prepare(context) {
      return { method: 'resize', parameters: [await made(context), context.size(64 * mib)] }
    },
    async check(context) {
      const [name] = self(context)
      assert.equal((await context.store.info(name!)).virtualSizeBytes, context.size(64 * mib))
      assert.equal(await context.read(name!, mib), 5)
    },
    volumes: self,
  },
  {
    method: 'snapshots.create',
    title: 'cut-snapshot',
    needs: (store) => store.snapshots !== undefined,
    prepare: async (context) => ({ method: 'snapshots.create', parameters: [await made(context), 's'] }),
    async check(context) {
      assert.deepEqual(await context.store.snapshots!.list(self(context)[0]!), ['s'])
    },
    volumes: self,
  },
  {
    method: 'snapshots.remove',
    title: 'cut-unsnapshot',
    needs: (store) => store.snapshots !== undefined,
    async prepare(context) {
      const name = await made(context)
      await context.store.snapshots!.create(name, 's')
      return { method: 'snapshots.remove', parameters: [name, 's'] }
    },
    async check(context) {
      assert.deepEqual(await context.store.snapshots!.list(self(context)[0]!), [])
      assert.equal(await context.read(self(context)[0]!, mib), 5)
    },
    volumes: self,
  },
  {
    method: 'quarantine',
    title: 'cut-quarantine',
    prepare: async (context) => ({ method: 'quarantine', parameters: [await made(context)] }),
    async check({ store, named, title }) {
      const found = (await store.list()).filter((one) => one.name === named(title))
      assert.deepEqual(
        found.map((one) => one.quarantined),
        [true],
      )
    },
    volumes: self,
  },
  {
    method: 'undelete',
    title: 'cut-undelete',
    async prepare(context) {
      const name = await made(context)
      await context.store.quarantine(name)
      return { method: 'undelete', parameters: [name] }
    },
    async check(context) {
      const [name] = self(context)
      assert.equal(await context.read(name!, mib), 5)
      const found = (await context.store.list()).filter((one) => one.name === name)
      assert.equal(found.length, 1)
    },
    volumes: self,
  },
  {
    method: 'purge',
    title: 'cut-purge',
    async prepare(context) {
      const name = await made(context)
      await context.store.quarantine(name)
      return { method: 'purge', parameters: [name] }
    },
    async check({ store, named, title }) {
      const found = (await store.list()).filter((one) => one.name === named(title) && one.quarantined)
      assert.deepEqual(found, [])
    },
    volumes: () => [],
  },
]

const cloneName = ({ named, title }: CutContext) => named(`${title}-2`)
