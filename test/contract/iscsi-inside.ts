// Runs in namespaces of its own (iscsi.test.ts starts it there): the iSCSI store over a real target, through libiscsi.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import { run } from '../../src/drivers/exec.ts'
import { IscsiStore } from '../../src/drivers/iscsi/iscsi-store.ts'
import { createQemuInitiator } from '../../src/drivers/iscsi/qemu-initiator.ts'
import { iqn, startTgt, type Tgt } from '../lab/tgt.ts'
import { claimsInMemory } from '../support/lun-claims.ts'

const mib = 1024 ** 2
const chap = { user: 'joe', password: 'a-long-password', secretUuid: '11111111-2222-3333-4444-555555555555' }
const sizes = [64, 32, 128, 32].map((size) => size * mib)

describe('iscsi store over a real target, through libiscsi', () => {
  let tgt: Tgt
  let directory: string
  const secrets = new Map<string, string>()
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-iscsi-'))
    tgt = await startTgt({ lunBytes: sizes, chap, inside: { pid: process.pid, tempDir: tmpdir() } })
  })
  after(async () => {
    await tgt.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const open = (
    options: {
      password?: string
      target?: string
      port?: number
      claims?: ReturnType<typeof claimsInMemory>
      chap?: null
    } = {},
  ) => {
    const target = {
      portal: { name: '127.0.0.1', port: options.port ?? 3260 },
      iqn: options.target ?? iqn,
      initiatorIqn: 'iqn.2026-01.test.example:host',
      chap: options.chap === null ? null : { ...chap, password: options.password ?? chap.password },
    }
    const libvirtSecrets = {
      define: async ({ uuid, value }: { uuid: string; value: string }) => void secrets.set(uuid, value),
      undefine: async (uuid: string) => void secrets.delete(uuid),
    }
    const initiator = createQemuInitiator({
      target,
      directory: join(directory, 'pool'),
      pool: 'san',
      libvirtSecrets,
    })
    return new IscsiStore(initiator, options.claims ?? claimsInMemory())
  }
  const create = (store: IscsiStore, name: string, size: number) =>
    store.create(name, { sizeBytes: size * mib, format: 'raw' })

  test('a probe says what exactly is wrong', async () => {
    await open().probe()
    await fails(open({ password: 'wrong-password' }).probe(), /CHAP user 'joe' or its password/)
    await fails(open({ chap: null }).probe(), /wants CHAP/)
    await fails(
      open({ target: 'iqn.2026-01.test.example:nope' }).probe(),
      /offers no target .*; it offers iqn/,
    )
    await fails(open({ port: 3261 }).probe(), /port 3261 .*connection refused/)
  })

  test('a volume is the smallest free LUN that fits, and keeps it', async () => {
    const claims = claimsInMemory()
    const store = open({ claims })
    for (const _ of [1, 2]) await create(store, 'a.raw', 20)
    assert.equal((await store.info('a.raw')).virtualSizeBytes, 32 * mib)
    await create(store, 'b.raw', 32)
    await create(store, 'c.raw', 32)
    assert.deepEqual(
      claims.list().map(({ lun, name, state }) => [lun, name, state]),
      [
        [2, 'a.raw', 'ready'],
        [4, 'b.raw', 'ready'],
        [1, 'c.raw', 'ready'],
      ],
    )
    await rejects(create(store, 'a.raw', 21), 'conflict', /another shape/)
    await rejects(create(store, 'd.raw', 129), 'insufficient_capacity', /the largest of 4 has 134217728/)
    await create(store, 'd.raw', 33)
    await rejects(create(store, 'e.raw', 10), 'insufficient_capacity', /in use: LUN 1 .*LUN 4/)
    assert.deepEqual(await store.usage(), { totalBytes: 256 * mib, freeBytes: 0, quarantinedBytes: 0 })
    for (const name of ['a', 'b', 'c', 'd']) await store.remove(`${name}.raw`)
    assert.deepEqual(await store.list(), [])
    assert.equal((await store.usage()).freeBytes, 256 * mib)
  })

  test('a LUN is wiped before another guest gets it; deleted ones wait in quarantine', async () => {
    const claims = claimsInMemory()
    const store = open({ claims })
    await create(store, 'old.raw', 100)
    await io(store, 'old.raw', `write -P 9 ${50 * mib} 4096`)
    for (const _ of [1, 2]) await store.quarantine('old.raw')
    assert.equal(await store.exists('old.raw'), false)
    assert.deepEqual(await shown(store), [['old.raw', true, false]])
    assert.equal((await store.usage()).quarantinedBytes, 128 * mib)
    await rejects(create(store, 'new.raw', 100), 'insufficient_capacity', /in quarantine: LUN 3/)
    for (const _ of [1, 2]) await store.undelete('old.raw')
    await io(store, 'old.raw', `read -P 9 ${50 * mib} 4096`)
    await store.quarantine('old.raw')
    for (const _ of [1, 2]) await store.purge('old.raw')
    await rejects(store.undelete('old.raw'), 'not_found')
    await create(store, 'new.raw', 100)
    await io(store, 'new.raw', `read -P 0 0 ${128 * mib}`)
    await store.remove('new.raw')
  })

  test('what lies on a LUN that nobody claims is shown, never overwritten, and can be adopted or purged', async () => {
    const store = open()
    await writeFile(tgt.file(3), Buffer.alloc(512, 'x'), { flag: 'r+' })
    await rejects(create(store, 'n.raw', 100), 'insufficient_capacity', /data of nobody's.*LUN 3/)
    assert.deepEqual(await shown(store), [['lun-3.raw', false, false]])
    assert.equal(await store.exists('lun-3.raw'), true)
    assert.equal(await store.exists('lun-1.raw'), false, 'a blank LUN is no volume')
    assert.equal((await readFile(tgt.file(3)))[0], 'x'.charCodeAt(0))
    const source = store.source('lun-3.raw', 'raw')
    assert.equal(source.kind === 'network' && source.name, `${iqn}/3`)
    await store.quarantine('lun-3.raw')
    await store.purge('lun-3.raw')
    assert.deepEqual(await shown(store), [])
    await create(store, 'n.raw', 100)
    await store.remove('n.raw')
  })

  test('a cut creation is shown as half made, and goes on with the same LUN', async () => {
    const claims = claimsInMemory()
    const store = open({ claims })
    await create(store, 'half.raw', 10)
    const [claim] = claims.list()
    await claims.put({ ...claim!, state: 'making' })
    await io(store, claim!.lun, 'write -P 7 0 4096')
    assert.equal(await store.exists('half.raw'), false)
    assert.deepEqual(await shown(store), [['half.raw.partial', false, true]])
    await create(store, 'half.raw', 10)
    assert.deepEqual(
      claims.list().map(({ lun, state }) => [lun, state]),
      [[claim!.lun, 'ready']],
    )
    await io(store, 'half.raw', 'read -P 0 0 4096')
    await claims.put({ ...claims.list()[0]!, state: 'wiping' })
    assert.deepEqual(await shown(store), [['half.raw.partial', false, true]])
    for (const _ of [1, 2]) await store.remove('half.raw.partial')
    assert.deepEqual(await shown(store), [])
  })

  test('a LUN that was grown at the target is followed; growing and shrinking are refused otherwise', async () => {
    const store = open()
    await create(store, 'grow.raw', 32)
    await rejects(
      store.resize('grow.raw', 64 * mib),
      'unsupported',
      /grow it .* at the target.*dir, nfs and rbd/,
    )
    await tgt.growLun(2, 64 * mib)
    for (const _ of [1, 2]) await store.resize('grow.raw', 64 * mib)
    assert.equal((await store.info('grow.raw')).virtualSizeBytes, 64 * mib)
    await rejects(store.resize('grow.raw', mib), 'invalid')
    await rejects(store.resize('nothing.raw', mib), 'not_found')
    await store.remove('grow.raw')
  })

  test('an image is copied onto a LUN, with progress; an aborted copy leaves it free', async () => {
    const store = open()
    const image = join(directory, 'image.qcow2')
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '24M'])
    await run('qemu-io', ['-f', 'qcow2', '-c', `write -P 5 ${mib} ${mib}`, image])
    const source = { filename: image, format: 'qcow2' as const }
    const request = { source, format: 'raw' as const, sizeBytes: 100 * mib }
    const seen: number[] = []
    for (const _ of [1, 2])
      await store.copy('copy.raw', request, (percent) => seen.push(percent), new AbortController().signal)
    await io(store, 'copy.raw', `read -P 5 ${mib} ${mib}`)
    assert.ok(seen.includes(100), `progress ${seen}`)
    assert.equal(
      (await store.info('copy.raw')).virtualSizeBytes,
      128 * mib,
      'as large as the disk was asked for',
    )
    await assert.rejects(
      store.copy('never.raw', request, () => undefined, AbortSignal.abort(new Error('enough'))),
      /enough/,
    )
    assert.deepEqual(await shown(store), [['copy.raw', false, false]])
    const location = await store.location('copy.raw')
    assert.doesNotMatch(JSON.stringify(location), /a-long-password/)
    const out = join(directory, 'out.raw')
    await run('qemu-img', [
      'convert',
      ...(location.words ?? []),
      '-f',
      'raw',
      '-O',
      'raw',
      location.filename,
      out,
    ])
    assert.equal((await readFile(out))[mib], 5)
    await store.remove('copy.raw')
  })

  test('thin clones, snapshots, layers and files are refused, naming the back ends that have them', async () => {
    const store = open()
    const { thinClone, snapshots, files, diskFormat } = store.capabilities
    assert.deepEqual([thinClone, snapshots, files, diskFormat], [false, 'none', false, 'raw'])
    await rejects(store.clone(), 'unsupported', /thin clones.*dir, nfs and rbd/)
    await rejects(store.location('a.raw', 'snap'), 'unsupported', /snapshots.*dir, nfs and rbd/)
    await rejects(store.rebase(), 'unsupported', /layers.*dir and nfs/)
    await rejects(store.importFile('a.fd'), 'unsupported', /files.*dir and nfs/)
    await rejects(store.openUpload('a.raw'), 'unsupported', /files/)
    await rejects(store.create('a.qcow2', { sizeBytes: mib, format: 'qcow2' }), 'unsupported', /qcow2/)
    for (const name of ['../x', 'a/b', '', '-o', 'a\0b']) await rejects(store.quarantine(name), 'invalid')
  })

  test('another disk under the same number is neither read nor wiped', async () => {
    const claims = claimsInMemory()
    const store = open({ claims })
    await create(store, 'mine.raw', 20)
    const [claim] = claims.list()
    await claims.put({ ...claim!, identity: `qemu:${iqn}/other-serial` })
    await rejects(store.prepare('mine.raw'), 'conflict', /not the disk any more/)
    await rejects(store.remove('mine.raw'), 'conflict', /not the disk any more/)
    await claims.put(claim!)
    await store.remove('mine.raw')
  })

  test('what a guest gets holds no password: that is libvirt’s and a file of root’s', async () => {
    const store = open()
    await create(store, 'disk.raw', 20)
    await store.prepare('disk.raw')
    assert.deepEqual(store.source('disk.raw', 'raw'), {
      kind: 'network',
      protocol: 'iscsi',
      name: `${iqn}/4`,
      hosts: [{ name: '127.0.0.1', port: 3260 }],
      auth: { user: 'joe', secretUuid: chap.secretUuid, type: 'chap' },
      initiatorIqn: 'iqn.2026-01.test.example:host',
      format: 'raw',
    })
    assert.equal(secrets.get(chap.secretUuid), chap.password)
    const file = join(directory, 'pool/chap')
    assert.equal(((await stat(file)).mode & 0o777).toString(8), '600')
    await store.remove('disk.raw')
    for (const _ of [1, 2]) await store.release()
    assert.equal(secrets.size, 0)
    await assert.rejects(stat(file), /ENOENT/)
  })

  const shown = async (store: IscsiStore) =>
    (await store.list()).map(({ name, quarantined, partial }) => [name, quarantined, partial])

  const io = async (store: IscsiStore, volume: string | number, command: string) => {
    const { filename, words = [] } =
      typeof volume === 'string' ? await store.location(volume) : locationOf(volume)
    await run('qemu-io', [...words, '-f', 'raw', '-c', command, filename])
  }
  const locationOf = (lun: number) => {
    const file = { driver: 'iscsi', transport: 'tcp', portal: '127.0.0.1:3260', target: iqn, lun }
    const auth = { user: 'joe', 'password-secret': 'one' }
    return {
      filename: `json:${JSON.stringify({ driver: 'raw', file: { ...file, ...auth } })}`,
      words: ['--object', `secret,id=one,file=${join(directory, 'pool/chap')}`],
    }
  }
})

async function fails(promise: Promise<unknown>, why: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.message, why)
    assert.equal(error.code, 'unavailable')
    return true
  })
}

async function rejects(promise: Promise<unknown>, code: ErrorCode, why = /./): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, why)
    return true
  })
}
