import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import type { VolumeStore } from '../../src/core/volumes.ts'

export interface VolumeContractSubject {
  store: VolumeStore
  /** Leaves what a crash in the middle of making `name` would leave. */
  leavePartial(name: string): Promise<void>
  /** Puts bytes into a volume, as a guest would at `offset`, and reads what a guest would read there. */
  writeAt?(name: string, offset: number, byte: number): Promise<void>
  readAt?(name: string, offset: number): Promise<number>
  close(): Promise<void>
}

export interface VolumeContractOptions {
  create(): Promise<VolumeContractSubject>
  /** Names of tests that cannot run, with the reason. */
  skip?: Readonly<Record<string, string>>
}

const mib = 1024 ** 2
const gib = 1024 ** 3

/** The promises of VolumeStore, run over every implementation. */
export function runVolumeContract(name: string, options: VolumeContractOptions): void {
  describe(`volumes: ${name}`, () => {
    let subject: VolumeContractSubject
    let store: VolumeStore
    let scratch: string
    before(async () => {
      subject = await options.create()
      store = subject.store
      scratch = await mkdtemp(join(tmpdir(), 'nacelle-contract-'))
      await store.probe()
    })
    after(async () => {
      await subject.close()
      await rm(scratch, { recursive: true })
    })
    const contract = (title: string, run: () => Promise<void>) =>
      test(title, { skip: options.skip?.[title] ?? false }, run)

    contract('probe is repeatable', async () => {
      await store.probe()
      await store.probe()
    })

    for (const format of ['qcow2', 'raw'] as const)
      contract(`creates an empty ${format} volume, twice`, async () => {
        const volume = `create.${format}`
        const request = { sizeBytes: 64 * mib, format }
        await store.create(volume, request)
        await store.create(volume, request)
        const info = await store.info(volume)
        assert.deepEqual(
          { format: info.format, size: info.virtualSizeBytes, parent: info.parent },
          { format, size: 64 * mib, parent: null },
        )
        assert.ok(info.allocatedBytes < mib, `thin, not ${info.allocatedBytes} bytes`)
        assert.equal(await store.exists(volume), true)
      })

    contract('refuses to make a volume of another shape under a taken name', async () => {
      await store.create('taken.qcow2', { sizeBytes: mib, format: 'qcow2' })
      const again = store.create('taken.qcow2', { sizeBytes: 2 * mib, format: 'qcow2' })
      await rejects(again, 'conflict')
      assert.equal((await store.info('taken.qcow2')).virtualSizeBytes, mib)
    })

    contract('a format that the name does not say is refused', async () => {
      await rejects(store.create('a.qcow2', { sizeBytes: mib, format: 'raw' }), 'invalid')
      await rejects(store.create('a.raw', { sizeBytes: mib, format: 'qcow2' }), 'invalid')
      assert.throws(() => store.source('a.raw', 'qcow2'), AppError)
    })

    contract('a clone is thin, keeps its parent and may be larger', async () => {
      await store.create('base.qcow2', { sizeBytes: 64 * mib, format: 'qcow2' })
      const request = { parent: 'base.qcow2', sizeBytes: 2 * gib }
      await store.clone('clone.qcow2', request)
      await store.clone('clone.qcow2', request)
      const info = await store.info('clone.qcow2')
      assert.equal(info.parent, 'base.qcow2')
      assert.equal(info.virtualSizeBytes, 2 * gib)
      await rejects(store.clone('small.qcow2', { parent: 'base.qcow2', sizeBytes: mib }), 'invalid')
      await rejects(store.clone('orphan.qcow2', { parent: 'nothing.qcow2', sizeBytes: mib }), 'not_found')
      assert.equal(await store.exists('small.qcow2'), false)
    })

    contract('a clone of a raw parent', async () => {
      await store.create('parent.raw', { sizeBytes: 8 * mib, format: 'raw' })
      await store.clone('of-raw.qcow2', { parent: 'parent.raw', sizeBytes: 16 * mib })
      assert.equal((await store.info('of-raw.qcow2')).parent, 'parent.raw')
    })

    contract('grows, twice, and never shrinks', async () => {
      await store.create('grow.qcow2', { sizeBytes: 8 * mib, format: 'qcow2' })
      await store.resize('grow.qcow2', 16 * mib)
      await store.resize('grow.qcow2', 16 * mib)
      assert.equal((await store.info('grow.qcow2')).virtualSizeBytes, 16 * mib)
      await rejects(store.resize('grow.qcow2', 8 * mib), 'invalid')
      await rejects(store.resize('nothing.qcow2', 8 * mib), 'not_found')
    })

    contract('copy makes an independent volume with progress, twice', async () => {
      await store.create('deep-0.qcow2', { sizeBytes: 16 * mib, format: 'qcow2' })
      await store.clone('deep-1.qcow2', { parent: 'deep-0.qcow2', sizeBytes: 16 * mib })
      await subject.writeAt?.('deep-1.qcow2', mib, 7)
      const seen: number[] = []
      const request = { source: 'deep-1.qcow2', format: 'qcow2' as const }
      const copy = () => store.copy('flat.qcow2', request, (percent) => seen.push(percent), live())
      await copy()
      await copy()
      assert.equal((await store.info('flat.qcow2')).parent, null)
      assert.equal((await store.info('flat.qcow2')).virtualSizeBytes, 16 * mib)
      if (subject.readAt) assert.equal(await subject.readAt('flat.qcow2', mib), 7)
      assert.ok(seen.length > 0 && seen.every((percent) => percent >= 0 && percent <= 100))
    })

    contract('an aborted copy leaves nothing', async () => {
      const request = { source: 'deep-1.qcow2', format: 'qcow2' as const }
      const aborted = AbortSignal.abort(new Error('enough'))
      await assert.rejects(
        store.copy('never.qcow2', request, () => undefined, aborted),
        /enough/,
      )
      await absent('never.qcow2')
    })

    contract('rebase keeps the content, relink changes only the name of the parent', async () => {
      for (const layer of ['old.qcow2', 'new.qcow2'])
        await store.create(layer, { sizeBytes: 16 * mib, format: 'qcow2' })
      await subject.writeAt?.('old.qcow2', 2 * mib, 9)
      await store.clone('top.qcow2', { parent: 'old.qcow2', sizeBytes: 16 * mib })
      for (const _ of [1, 2]) await store.rebase('top.qcow2', 'new.qcow2', () => undefined, live())
      assert.equal((await store.info('top.qcow2')).parent, 'new.qcow2')
      if (subject.readAt) assert.equal(await subject.readAt('top.qcow2', 2 * mib), 9)
      for (const _ of [1, 2]) await store.relink('top.qcow2', 'old.qcow2')
      assert.equal((await store.info('top.qcow2')).parent, 'old.qcow2')
      await store.rebase('top.qcow2', null, () => undefined, live())
      assert.equal((await store.info('top.qcow2')).parent, null)
      if (subject.readAt) assert.equal(await subject.readAt('top.qcow2', 2 * mib), 9)
      await rejects(store.relink('top.qcow2', 'nothing.qcow2'), 'not_found')
    })

    contract('commit writes a layer into its parent and removes it, cut or twice', async () => {
      await store.create('under.qcow2', { sizeBytes: 16 * mib, format: 'qcow2' })
      await subject.writeAt?.('under.qcow2', mib, 3)
      await store.clone('over.qcow2', { parent: 'under.qcow2', sizeBytes: 16 * mib })
      await subject.writeAt?.('over.qcow2', 2 * mib, 4)
      const cut = store.commit('over.qcow2', () => undefined, AbortSignal.abort(new Error('enough')))
      await assert.rejects(cut, /enough/)
      assert.equal((await store.info('over.qcow2')).parent, 'under.qcow2')
      for (const _ of [1, 2]) await store.commit('over.qcow2', () => undefined, live())
      await absent('over.qcow2')
      assert.equal((await store.info('under.qcow2')).virtualSizeBytes, 16 * mib)
      if (subject.readAt) {
        assert.equal(await subject.readAt('under.qcow2', mib), 3)
        assert.equal(await subject.readAt('under.qcow2', 2 * mib), 4)
      }
      await rejects(
        store.commit('under.qcow2', () => undefined, live()),
        'conflict',
      )
      assert.equal(await store.exists('under.qcow2'), true)
    })

    contract('small files go in and out', async () => {
      const [source, target] = [join(scratch, 'in'), join(scratch, 'out')]
      await writeFile(source, 'variables')
      for (const _ of [1, 2]) await store.importFile('nvram-1.fd', source)
      for (const _ of [1, 2]) await store.exportFile('nvram-1.fd', target)
      assert.equal(await readFile(target, 'utf8'), 'variables')
      await rejects(store.exportFile('nvram-2.fd', target), 'not_found')
    })

    contract('quarantine hides, undelete brings back, purge ends', async () => {
      await store.create('gone.qcow2', { sizeBytes: mib, format: 'qcow2' })
      const before = (await store.usage()).quarantinedBytes
      for (const _ of [1, 2]) await store.quarantine('gone.qcow2')
      assert.equal(await store.exists('gone.qcow2'), false)
      assert.deepEqual(await flags('gone.qcow2'), { quarantined: true, partial: false })
      assert.ok((await store.usage()).quarantinedBytes > before)
      for (const _ of [1, 2]) await store.undelete('gone.qcow2')
      assert.equal((await store.info('gone.qcow2')).virtualSizeBytes, mib)
      await store.purge('gone.qcow2')
      assert.equal(await store.exists('gone.qcow2'), true, 'purge takes only what is in quarantine')
      await store.quarantine('gone.qcow2')
      for (const _ of [1, 2]) await store.purge('gone.qcow2')
      await absent('gone.qcow2')
      await rejects(store.undelete('gone.qcow2'), 'not_found')
    })

    contract('undelete does not overwrite a newer volume of the name', async () => {
      await store.create('twice.qcow2', { sizeBytes: mib, format: 'qcow2' })
      await store.quarantine('twice.qcow2')
      await store.create('twice.qcow2', { sizeBytes: 2 * mib, format: 'qcow2' })
      await rejects(store.undelete('twice.qcow2'), 'conflict')
      await rejects(store.quarantine('twice.qcow2'), 'conflict')
      assert.equal((await store.info('twice.qcow2')).virtualSizeBytes, 2 * mib)
    })

    contract('what a crash left half made is listed, is not there, and is made anew', async () => {
      await subject.leavePartial('half.qcow2')
      assert.equal(await store.exists('half.qcow2'), false)
      assert.deepEqual(await flags('half.qcow2.partial'), { quarantined: false, partial: true })
      await store.create('half.qcow2', { sizeBytes: mib, format: 'qcow2' })
      assert.equal((await store.info('half.qcow2')).virtualSizeBytes, mib)
      await subject.leavePartial('half.qcow2')
      await store.remove('half.qcow2.partial')
      assert.equal(await store.exists('half.qcow2'), true, 'removing the partial file spares the volume')
      for (const _ of [1, 2]) await store.remove('half.qcow2')
      await absent('half.qcow2')
    })

    contract('usage and list agree', async () => {
      const usage = await store.usage()
      assert.ok(usage.totalBytes > 0 && usage.freeBytes > 0 && usage.freeBytes <= usage.totalBytes)
      const quarantined = (await store.list()).filter((volume) => volume.quarantined)
      const sum = quarantined.reduce((bytes, volume) => bytes + volume.allocatedBytes, 0)
      assert.equal(usage.quarantinedBytes, sum)
    })

    contract('an upload is hashed, sealed and read back in ranges', async () => {
      const bytes = randomBytes(3 * mib + 17)
      const target = await store.openUpload('upload-1.raw')
      for (let at = 0; at < bytes.length; at += 100_000) await target.write(bytes.subarray(at, at + 100_000))
      const sealed = await target.seal()
      assert.equal(await store.exists('upload-1.raw'), false)
      assert.deepEqual(await target.finish(), sealed)
      assert.deepEqual(sealed, { sha256: sha256(bytes), sizeBytes: bytes.length })
      assert.deepEqual(await content('upload-1.raw'), bytes)
      assert.deepEqual(await content('upload-1.raw', { start: 10, end: 19 }), bytes.subarray(10, 20))
      await rejects(store.openUpload('upload-1.raw'), 'conflict')
    })

    contract('an upload goes on where it was suspended and may end under another name', async () => {
      const bytes = randomBytes(2 * mib + 3)
      const first = await store.openUpload('upload-2.raw')
      await first.write(bytes.subarray(0, mib + 1))
      await first.suspend()
      const second = await store.openUpload('upload-2.raw')
      assert.equal(second.writtenBytes, mib + 1)
      await second.write(bytes.subarray(mib + 1))
      const { sha256: digest } = await second.finish('upload-2.qcow2')
      assert.equal(digest, sha256(bytes))
      await absent('upload-2.raw')
      assert.equal(await store.exists('upload-2.qcow2'), true)
    })

    contract(
      'an upload that comes as a whole keeps nothing of an earlier one, whatever was announced',
      async () => {
        const bytes = randomBytes(33 * mib + 5)
        const earlier = await store.openUpload('upload-4.raw')
        await earlier.write(randomBytes(mib))
        await earlier.suspend()
        const announced = { less: 32 * mib, exact: bytes.length, more: 40 * mib }
        for (const [how, wholeBytes] of Object.entries(announced)) {
          const target = await store.openUpload('upload-4.raw', wholeBytes)
          assert.equal(target.writtenBytes, 0, how)
          for (let at = 0; at < bytes.length; at += 700_001)
            await target.write(bytes.subarray(at, at + 700_001))
          const sealed = await target.finish(`upload-4-${how}.raw`)
          assert.deepEqual(sealed, { sha256: sha256(bytes), sizeBytes: bytes.length }, how)
          assert.ok((await content(`upload-4-${how}.raw`)).equals(bytes), how)
          await store.remove(`upload-4-${how}.raw`)
        }
        await absent('upload-4.raw')
      },
    )

    contract('an aborted upload leaves nothing', async () => {
      const whole = await store.openUpload('upload-3.raw', 40 * mib)
      await whole.write(randomBytes(5 * mib))
      await whole.abort()
      await absent('upload-3.raw')
      const target = await store.openUpload('upload-3.raw')
      await target.write(randomBytes(mib))
      await target.abort()
      await absent('upload-3.raw')
    })

    contract('a name never leaves the pool', async () => {
      const names = [
        '../escape',
        '/etc/passwd',
        'a/b',
        '.hidden',
        '..',
        '',
        '-o',
        'a\0b',
        'json:{}',
        'nbd:host',
      ]
      const hostile = [...names, 'x'.repeat(300), 'half.partial', 'name with\nline', 'a..b']
      for (const volume of hostile) {
        await rejects(store.create(volume, { sizeBytes: mib, format: 'raw' }), 'invalid')
        await rejects(store.clone('c.qcow2', { parent: volume, sizeBytes: mib }), 'invalid')
        await rejects(store.quarantine(volume), 'invalid')
        await rejects(store.undelete(volume), 'invalid')
        await rejects(store.purge(volume), 'invalid')
        await rejects(store.importFile(volume, scratch), 'invalid')
        await rejects(store.read(volume), 'invalid')
        await rejects(store.openUpload(volume), 'invalid')
        assert.throws(() => store.source(volume, 'raw'), AppError)
      }
      for (const volume of ['../x.partial', 'a/b.partial', '.partial'])
        await rejects(store.remove(volume), 'invalid')
    })

    const flags = async (volume: string) => {
      const found = (await store.list()).find((one) => one.name === volume)
      return found && { quarantined: found.quarantined, partial: found.partial }
    }
    const absent = async (volume: string) => {
      const names = (await store.list()).map((one) => one.name)
      assert.deepEqual(
        names.filter((one) => one === volume || one === `${volume}.partial`),
        [],
      )
      assert.equal(await store.exists(volume), false)
    }
    const content = async (volume: string, range?: { start: number; end: number }) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of (await store.read(volume, range)).stream) chunks.push(chunk)
      return Buffer.concat(chunks)
    }
  })
}

const live = () => new AbortController().signal

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof AppError && error.code === code)
}
