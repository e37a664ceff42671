// Runs in namespaces of its own (nested.test.ts starts it there): the drivers' calls are made by the real iscsiadm, mount and
// mount.nfs in a guest whose kernel has an initiator and a NFS client.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../src/core/errors.ts'
import { CommandError } from '../../src/drivers/exec.ts'
import * as iscsiadm from '../../src/drivers/iscsi/iscsiadm.ts'
import { createKernelInitiator } from '../../src/drivers/iscsi/kernel-initiator.ts'
import { type RecordFiles, recordPrefix } from '../../src/drivers/iscsi/node-record.ts'
import { mountNfs } from '../../src/drivers/nfs/mount.ts'
import { mountOptions } from '../../src/drivers/nfs/mount-options.ts'
import { StoreWorker } from '../../src/drivers/nfs/worker.ts'
import { type Ganesha, startGanesha } from '../lab/ganesha.ts'
import { hostAddress, type Nested, startNested } from '../lab/nested.ts'
import { iqn, startTgt, type Tgt } from '../lab/tgt.ts'

const mib = 1024 ** 2
const hostIqn = 'iqn.2026-01.test.example:nested'
const node = { iqn, portal: `${hostAddress}:3260` }

let nested: Nested
let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nacelle-nested-test-'))
  nested = await startNested({ inside: { pid: process.pid } })
  const bin = await nested.shims('iscsiadm', 'blockdev', 'lsblk', 'mount', 'stat', 'dd')
  process.env['PATH'] = `${bin}:${process.env['PATH']}`
})
after(async () => {
  await nested?.stop()
  await rm(directory, { recursive: true, force: true })
})
const sh = async (script: string) => (await nested.exec('sh', ['-c', script])).stdout

describe('the kernel’s initiator, by the real iscsiadm', () => {
  let tgt: Tgt
  before(async () => {
    const chap = { user: 'joe', password: 'secret-of-joe' }
    tgt = await startTgt({ lunBytes: [32 * mib, 64 * mib], chap, address: hostAddress, inside: nested.space })
  })
  after(() => tgt?.stop())

  // The record files lie in the guest; the code that finds and changes them is the driver's.
  const records: RecordFiles = {
    async list({ iqn, portal }) {
      const names = await sh(`ls /etc/iscsi/nodes/${iqn}`)
      return names
        .split('\n')
        .filter((name) => name.startsWith(recordPrefix(portal)))
        .map((name) => `/etc/iscsi/nodes/${iqn}/${name}/default`)
    },
    read: (path) => sh(`cat '${path}'`),
    async write(path, text) {
      await nested.exec('sh', ['-c', `umask 077; cat >'${path}'`], { input: text })
    },
  }
  const initiator = (password: string, target = iqn) =>
    createKernelInitiator({
      target: {
        portal: { name: hostAddress, port: 3260 },
        iqn: target,
        initiatorIqn: hostIqn,
        chap: { user: 'joe', password, secretUuid: '' },
      },
      hostIqn,
      records,
    })

  test('without a session there is none, and what is wrong is told', async () => {
    assert.deepEqual(await iscsiadm.sessions(), [])
    await tells(initiator('wrong-password').attach(), /refuses the CHAP user 'joe' or its password/)
    await tells(initiator('x', 'iqn.2026-01.test.example:nope').attach(), /offers no target/)
    await assert.rejects(iscsiadm.login({ ...node, iqn: 'iqn.2026-01.test.example:nope' }), exitCode(21))
  })

  test('it logs in with CHAP, twice, finds the LUNs, follows one that grows, and logs out', async () => {
    const own = initiator('secret-of-joe')
    for (const _ of [1, 2]) await own.attach()
    await iscsiadm.login(node)
    assert.deepEqual(await iscsiadm.sessions(), [node])
    assert.deepEqual(await own.luns(), [
      { number: 1, sizeBytes: 32 * mib },
      { number: 2, sizeBytes: 64 * mib },
    ])
    assert.match(await sh('ls -l /etc/iscsi/nodes/*/*/default'), /^-rw-------/)
    const source = own.source(1)
    assert.equal(
      source.kind === 'block' && source.path,
      `/dev/disk/by-path/ip-${node.portal}-iscsi-${iqn}-lun-1`,
    )
    await tgt.growLun(1, 48 * mib)
    assert.equal(await own.sizeOf(1), 48 * mib)
    assert.equal(await own.sizeOf(9), null)
    // Written by the kernel's initiator, seen in the file behind the LUN.
    const path = `/dev/disk/by-path/ip-${node.portal}-iscsi-${iqn}-lun-2`
    await sh(`echo KERNEL | dd of=${path} bs=512 seek=8 conv=fsync`)
    assert.equal((await readFile(tgt.file(2))).toString('latin1', 4096, 4102), 'KERNEL')
    for (const _ of [1, 2]) await own.detach()
    assert.deepEqual(await iscsiadm.sessions(), [])
    assert.equal(await sh('ls /etc/iscsi/nodes'), '')
    await assert.rejects(iscsiadm.rescan(node), exitCode(21))
  })
})

describe('the kernel’s NFS client, by the real mount', () => {
  let ganesha: Ganesha
  let mount: string
  before(async () => {
    const exports = ['export', 'squashed', 'read-only'].map((name) => ({
      path: `/${name}`,
      directory: join(directory, name),
      squash: name === 'squashed',
      readOnly: name === 'read-only',
    }))
    for (const one of exports) await mkdir(one.directory)
    ganesha = await startGanesha({ inside: nested.space, address: hostAddress, exports })
    mount = join(directory, 'pool/mount')
    await sh(`mkdir -p ${mount}`)
  })
  after(() => ganesha?.stop())
  const mounted = (target: string, options = mountOptions('')) =>
    mountNfs({ host: hostAddress, target, options, directory: mount })

  test('a mount that is refused says why', async () => {
    await tells(mounted('/nope'), /it exports no '\/nope'/)
    await tells(mounted('/export', mountOptions('vers=4.0')), /does not speak this version/)
    await tells(mounted('/export', mountOptions('vers=3')), /rpc\.statd/)
    await mounted('/read-only')
    assert.match(await sh(`touch ${mount}/x 2>&1; umount ${mount}`), /Read-only file system/)
    await mounted('/squashed')
    assert.match(await sh(`touch ${mount}/x 2>&1; umount ${mount}`), /Permission denied/)
  })

  test('what is written is on the server; a server that is lost and comes back hangs only the worker', async (t) => {
    await mounted('/export')
    assert.match(
      await sh('cat /proc/self/mountinfo'),
      new RegExp(`${mount} rw,nosuid,nodev,noexec.* nfs4 .*,hard,`),
    )
    const entry = fileURLToPath(new URL('../support/nested-worker.ts', import.meta.url))
    const worker = new StoreWorker({
      command: [process.execPath, entry, mount],
      server: `NFS server of ${hostAddress}:/export`,
      limits: { startMs: 60_000, silenceMs: 10_000, retryMs: 1_000 },
    })
    await worker.call('create', ['one.raw'])
    assert.deepEqual(await readdir(join(directory, 'export')), ['one.raw'])
    const { result } = await worker.call('usage', [])
    assert.ok((result as { totalBytes: number }).totalBytes > 0)

    ganesha.kill()
    await delay(500)
    const startedAt = performance.now()
    await tells(worker.call('create', ['two.raw']), /NFS server of .* does not answer since/)
    const waitedMs = performance.now() - startedAt
    t.diagnostic(`a call on the lost server was given up after ${Math.round(waitedMs)} ms`)
    assert.ok(waitedMs < 25_000, `${waitedMs} ms`)
    const again = performance.now()
    await tells(worker.call('usage', []), /does not answer/)
    assert.ok(performance.now() - again < 1_000, 'the next one is refused at once')

    await ganesha.start()
    for (let attempt = 0; ; attempt++) {
      await delay(2_000)
      const found = await worker.call('usage', []).catch((error: unknown) => error)
      if (!(found instanceof Error)) break
      assert.ok(attempt < 60, String(found))
    }
    assert.equal(worker.lostSince, undefined)
    await worker.call('create', ['three.raw'])
    assert.ok((await readdir(join(directory, 'export'))).includes('three.raw'))
    await worker.stop()
    await sh(`umount ${mount}`)
  })
})

const exitCode = (code: number) => (error: unknown) =>
  error instanceof CommandError && error.exitCode === code

async function tells(promise: Promise<unknown>, what: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.message, what)
    return true
  })
}
