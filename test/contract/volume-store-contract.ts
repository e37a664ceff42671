// The promises that every back end keeps, whatever it can do: its capabilities say what is tested and what is refused.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import type { VolumeStore } from '../../src/core/volumes.ts'
import { type ContractResult, printResults, recordResult } from './contract-results.ts'
import { cutOperations, io, type StoreCall } from './volume-store-cuts.ts'

export interface StoreSubject {
  store: VolumeStore
  /** How a process of its own opens the same store: a module with `open(argument): VolumeStore`. */
  module: string
  argument: unknown
  /** Names of volumes; an iSCSI pool has only those that the target serves. By default made from the title. */
  nameOf?(title: string): string
  /** Where sizes are given, as by LUNs: that of every volume. Otherwise any size is made. */
  sizeBytes?: number
  close(): Promise<void>
}

export interface StoreContractOptions {
  create(): Promise<StoreSubject>
  /** Times after which an operation is cut, as parts of how long it takes whole. */
  cuts?: readonly number[]
  /** Methods that are cut; all when left out. */
  cutMethods?: readonly string[] | undefined
}

const mib = 1024 ** 2
const child = fileURLToPath(new URL('./volume-store-child.ts', import.meta.url))

/** One suite for all: create, thin clone, resize, snapshot, restore, quarantine, usage, list, and each of it cut. */
export function runVolumeStoreContract(backEnd: string, options: StoreContractOptions): void {
  describe(`volume store: ${backEnd}`, () => {
    let subject: StoreSubject
    let store: VolumeStore
    const results: ContractResult[] = []
    before(async () => {
      subject = await options.create()
      store = subject.store
      await store.probe()
    })
    after(async () => {
      await subject?.close()
      printResults(backEnd, results)
    })
    const contract = (title: string, body: (t: TestContext) => Promise<'refused' | undefined>) =>
      test(title, async (t) => {
        const startedAt = performance.now()
        const result: ContractResult = { backEnd, title, outcome: 'failed', durationMs: 0 }
        try {
          result.outcome = (await body(t)) ?? 'kept'
        } finally {
          result.durationMs = Math.round(performance.now() - startedAt)
          results.push(result)
          recordResult(result)
        }
      })
    const format = () => store.capabilities.diskFormat
    const named = (title: string) => subject.nameOf?.(title) ?? `${title}.${format()}`
    const size = (wanted: number) => subject.sizeBytes ?? wanted
    const make = async (title: string, sizeBytes = 64 * mib) => {
      const name = named(title)
      await store.create(name, { sizeBytes: size(sizeBytes), format: format() })
      return name
    }
    const write = (name: string, offset: number, byte: number) =>
      io(store, name, `write -P ${byte} ${offset} 4096`)
    const read = async (name: string, offset: number) => {
      const line = /: +([0-9a-f]{2})/.exec(await io(store, name, `read -v ${offset} 16`))
      return Number.parseInt(line?.[1] ?? '', 16)
    }
    const entry = async (name: string) => (await store.list()).find((one) => one.name === name)

    contract('create makes an empty volume, twice the same, and refuses another shape', async () => {
      const name = await make('create')
      await make('create')
      const info = await store.info(name)
      assert.equal(info.virtualSizeBytes, size(64 * mib))
      assert.equal(info.format, format())
      assert.equal(await store.exists(name), true)
      assert.equal(await read(name, 0), 0)
      if (subject.sizeBytes === undefined)
        await rejects(store.create(name, { sizeBytes: 32 * mib, format: format() }), 'conflict')
    })

    contract('what is written is read', async () => {
      const name = await make('io')
      await write(name, mib, 7)
      assert.equal(await read(name, mib), 7)
      assert.equal(await read(name, 2 * mib), 0)
    })

    contract('a thin clone has the content of its parent, and none of its own writes go there', async () => {
      const parent = await make('parent', 16 * mib)
      await write(parent, mib, 5)
      const name = named('clone')
      const request = { parent, sizeBytes: size(32 * mib) }
      if (!store.capabilities.thinClone) {
        await rejects(store.clone(name, request), 'unsupported')
        return 'refused'
      }
      for (const _ of [1, 2]) await store.clone(name, request)
      const info = await store.info(name)
      assert.equal(info.parent, parent)
      assert.equal(info.virtualSizeBytes, 32 * mib)
      assert.ok(info.allocatedBytes < 8 * mib, `thin, not ${info.allocatedBytes} bytes`)
      assert.equal(await read(name, mib), 5)
      await write(name, mib, 6)
      assert.equal(await read(parent, mib), 5)
      await rejects(store.clone(named('small'), { parent, sizeBytes: mib }), 'invalid')
      await rejects(store.clone(named('orphan'), { parent: named('nothing'), sizeBytes: mib }), 'not_found')
    })

    contract('resize grows, twice the same, and never shrinks', async () => {
      const name = await make('grow', 16 * mib)
      await write(name, mib, 3)
      const request = store.resize(name, size(48 * mib))
      if (subject.sizeBytes !== undefined) {
        await request
        await rejects(store.resize(name, subject.sizeBytes + mib), 'unsupported')
        return 'refused'
      }
      await request
      await store.resize(name, 48 * mib)
      assert.equal((await store.info(name)).virtualSizeBytes, 48 * mib)
      assert.equal(await read(name, mib), 3)
      await rejects(store.resize(name, 16 * mib), 'invalid')
    })

    contract('copy makes a whole volume of its own, from this pool or another', async () => {
      const source = await make('source', 16 * mib)
      await write(source, 3 * mib, 9)
      const name = named('copy')
      const location = await store.location(source)
      for (const from of [source, location]) {
        await store.copy(name, { source: from, format: format() }, () => undefined, live())
        assert.equal(await read(name, 3 * mib), 9)
      }
      assert.equal((await store.info(name)).parent, null)
    })

    contract('snapshot and restore', async () => {
      const { snapshots } = store.capabilities
      assert.equal(store.snapshots !== undefined, snapshots === 'native')
      if (snapshots === 'none') return 'refused'
      const name = await make('snap', 16 * mib)
      await write(name, mib, 1)
      const [frozen, active] = [named('frozen'), named('active')]
      if (snapshots === 'layers') {
        // Frozen by being left alone: writes go to a clone, and a restore is another clone.
        await store.clone(active, { parent: name, sizeBytes: 16 * mib })
        await write(active, mib, 2)
        await store.clone(frozen, { parent: name, sizeBytes: 16 * mib })
        assert.equal(await read(frozen, mib), 1)
        assert.equal(await read(active, mib), 2)
        return
      }
      const native = store.snapshots!
      for (const _ of [1, 2]) await native.create(name, 's1')
      await write(name, mib, 2)
      await native.create(name, 's2')
      await write(name, mib, 4)
      assert.deepEqual(await native.list(name), ['s1', 's2'])
      await store.clone(active, { parent: name, snapshot: 's1', sizeBytes: 16 * mib })
      assert.equal(await read(active, mib), 1, 'a clone of the snapshot restores it')
      assert.equal(await read(name, mib), 4, 'and leaves what was there')
      for (const _ of [1, 2]) await native.remove(name, 's1', () => undefined, live())
      assert.deepEqual(await native.list(name), ['s2'])
      assert.equal(await read(active, mib), 1, 'a snapshot deleted under a clone takes nothing from it')
      await native.rollback(name, 's2', () => undefined, live())
      assert.equal(await read(name, mib), 2)
    })

    contract('flattened, a clone stands alone', async () => {
      if (!store.capabilities.thinClone) return 'refused'
      const parent = await make('under', 16 * mib)
      await write(parent, mib, 8)
      const name = named('flat')
      await store.clone(name, { parent, sizeBytes: 16 * mib })
      for (const _ of [1, 2]) await store.rebase(name, null, () => undefined, live())
      assert.equal((await store.info(name)).parent, null)
      assert.equal(await read(name, mib), 8)
      await store.remove(parent)
      assert.equal(await read(name, mib), 8)
    })

    contract('quarantine hides, undelete brings back whole, purge ends', async () => {
      const name = await make('gone', 16 * mib)
      await write(name, mib, 4)
      await store.snapshots?.create(name, 'kept')
      for (const _ of [1, 2]) await store.quarantine(name)
      assert.equal(await store.exists(name), false)
      assert.equal((await entry(name))?.quarantined, true)
      for (const _ of [1, 2]) await store.undelete(name)
      assert.equal(await read(name, mib), 4)
      if (store.snapshots) assert.deepEqual(await store.snapshots.list(name), ['kept'])
      await store.purge(name)
      assert.equal(await store.exists(name), true, 'purge takes only what is in quarantine')
      await store.quarantine(name)
      for (const _ of [1, 2]) await store.purge(name)
      assert.notEqual((await entry(name))?.quarantined, true)
      if (subject.sizeBytes === undefined) await rejects(store.undelete(name), 'not_found')
    })

    contract('usage and the list for the ledger agree', async () => {
      const name = await make('used', 16 * mib)
      await write(name, 0, 1)
      const usage = await store.usage()
      assert.ok(usage.totalBytes > 0 && usage.freeBytes >= 0 && usage.freeBytes <= usage.totalBytes)
      const volumes = await store.list()
      const quarantined = volumes.filter((one) => one.quarantined)
      assert.equal(
        usage.quarantinedBytes,
        quarantined.reduce((sum, one) => sum + one.allocatedBytes, 0),
      )
      const found = volumes.find((one) => one.name === name)
      assert.deepEqual(found && { quarantined: found.quarantined, partial: found.partial }, {
        quarantined: false,
        partial: false,
      })
      assert.ok((found?.allocatedBytes ?? 0) > 0)
    })

    contract('names that lead elsewhere are refused', async () => {
      for (const name of ['../x', '/etc/passwd', 'a/b', '-o', 'a@b', '', 'json:{}', 'a\nb', 'x.partial']) {
        await rejects(store.create(name, { sizeBytes: mib, format: format() }), 'invalid')
        await rejects(store.quarantine(name), 'invalid')
        await rejects(store.purge(name), 'invalid')
        await rejects(store.location(name), 'invalid')
      }
    })

    const cuts = options.cuts ?? [0.3, 0.8]
    const { cutMethods } = options
    for (const cut of cutOperations.filter(({ method }) => cutMethods?.includes(method) ?? true))
      contract(`${cut.method}, killed in the middle, is repeated to the same end`, async (t) => {
        if (cut.needs && !cut.needs(store)) return 'refused'
        let wholeMs = 0
        for (const [turn, part] of [1, ...cuts].entries()) {
          const context = { store, named, size, title: `${cut.title}-${turn}`, format: format() }
          const call = await cut.prepare(context)
          // The first, whole run tells where the middle is.
          if (turn > 0) await runCut(subject, call, wholeMs * part)
          const startedAt = performance.now()
          await perform(store, call)
          if (turn === 0) wholeMs = performance.now() - startedAt
          await cut.check({ ...context, read })
          for (const left of await store.list())
            assert.equal(left.partial, false, `nothing half made is left: ${left.name}`)
          for (const name of cut.volumes(context)) {
            await store.quarantine(name)
            await store.purge(name)
          }
        }
        t.diagnostic(`whole in ${Math.round(wholeMs)} ms, cut ${cuts.length} times`)
      })
  })
}

/** Calls a method of a store by its name in data; what transfers gets a progress and a signal. */
export async function perform(store: VolumeStore, { method, parameters }: StoreCall): Promise<void> {
  const [group, own] = method.split('.')
  const target = (own ? store[group as 'snapshots'] : store) as unknown as Record<
    string,
    (...words: unknown[]) => Promise<unknown>
  >
  await target[own ?? group!]!.call(target, ...parameters, () => undefined, live())
}

/** Runs the call in a process of its own and kills that `afterMs` later. */
async function runCut(subject: StoreSubject, call: StoreCall, afterMs: number): Promise<void> {
  const words = [child, subject.module, JSON.stringify(subject.argument), JSON.stringify(call)]
  const cutProcess = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(cutProcess, 'exit')
  await Promise.race([once(cutProcess.stdout, 'data'), exited])
  await delay(afterMs)
  cutProcess.kill('SIGKILL')
  await exited
}

const live = () => new AbortController().signal

async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof AppError && error.code === code)
}
