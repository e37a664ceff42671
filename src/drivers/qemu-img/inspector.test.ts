import assert from 'node:assert/strict'
import { chmod, copyFile, mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../core/errors.ts'
import { run } from '../exec.ts'
import { createInspector } from './inspector.ts'

const inspector = createInspector()

describe('inspector', () => {
  let directory: string
  const at = (name: string) => join(directory, name)
  const qemuImg = (...args: string[]) => run('qemu-img', args, { cwd: directory })
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nacelle-inspect-'))
    await chmod(directory, 0o711)
    await qemuImg('create', '-q', '-f', 'qcow2', 'good.qcow2', '64M')
    await run('qemu-io', ['-f', 'qcow2', '-c', 'write 0 4M', at('good.qcow2')])
  })
  after(() => rm(directory, { recursive: true }))

  const refuses = async (name: string, why: RegExp) => {
    await assert.rejects(inspector.inspect(at(name)), (error) => {
      assert.ok(error instanceof AppError, String(error))
      assert.equal(error.code, 'invalid')
      assert.equal(error.field, 'image')
      assert.match(error.message, why)
      return true
    })
  }
  const patched = async (name: string, offset: number, bytes: Buffer) => {
    await copyFile(at('good.qcow2'), at(name))
    const file = await open(at(name), 'r+')
    await file.write(bytes, 0, bytes.length, offset)
    await file.close()
  }

  test('tells a qcow2 with its virtual size, and leaves owner and mode as they were', async () => {
    await chmod(at('good.qcow2'), 0o600)
    const earlier = await stat(at('good.qcow2'))
    assert.deepEqual(await inspector.inspect(at('good.qcow2')), {
      format: 'qcow2',
      virtualSizeBytes: 64 * 1024 ** 2,
    })
    const later = await stat(at('good.qcow2'))
    assert.deepEqual([later.uid, later.gid, later.mode], [earlier.uid, earlier.gid, earlier.mode])
  })

  test('takes anything without a known header as raw', async () => {
    await writeFile(at('boot.iso'), Buffer.alloc(2048 * 20, 'CD001'), { mode: 0o600 })
    assert.deepEqual(await inspector.inspect(at('boot.iso')), { format: 'raw', virtualSizeBytes: 40_960 })
  })

  test('refuses a backing file, whatever it is', async () => {
    const backings = ['/etc/shadow', 'json:{"driver":"file","filename":"/etc/shadow"}', 'nbd://127.0.0.1:1/x']
    for (const backing of backings) {
      await qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', backing, '-F', 'raw', 'backed.qcow2', '1M')
      await refuses('backed.qcow2', /backing file/)
    }
  })

  test('refuses an external data file', async () => {
    await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'data_file=d.raw,data_file_raw=on', 'data.qcow2', '1M')
    await chmod(at('d.raw'), 0o644)
    await refuses('data.qcow2', /data in another file|Permission denied|[Dd]ata file/)
  })

  test('refuses encryption', async () => {
    const secret = ['--object', 'secret,id=s,data=geheim']
    const aes = 'encrypt.format=aes,encrypt.key-secret=s'
    await qemuImg('create', '-q', ...secret, '-f', 'qcow2', '-o', aes, 'locked.qcow2', '1M')
    await refuses('locked.qcow2', /encrypted|secret/)
  })

  test('refuses other formats by name', async () => {
    for (const format of ['vmdk', 'vdi', 'vhdx']) {
      await qemuImg('create', '-q', '-f', format, `foreign.${format}`, '8M')
      await refuses(`foreign.${format}`, new RegExp(format))
    }
    const descriptor =
      '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n'
    await writeFile(at('descriptor.vmdk'), `${descriptor}RW 63 FLAT "/etc/shadow" 0\n`)
    await refuses('descriptor.vmdk', /vmdk|Permission denied/)
  })

  test('refuses what is empty, cut off or broken', async () => {
    await writeFile(at('empty'), '')
    await refuses('empty', /empty/)
    await copyFile(at('good.qcow2'), at('cut-header.qcow2'))
    await truncate(at('cut-header.qcow2'), 60)
    await refuses('cut-header.qcow2', /cannot be taken/)
    await copyFile(at('good.qcow2'), at('cut.qcow2'))
    await truncate(at('cut.qcow2'), 70_000)
    await refuses('cut.qcow2', /cannot be taken/)
    await patched('huge-l1.qcow2', 36, Buffer.from('7fffffff', 'hex'))
    await refuses('huge-l1.qcow2', /too large|cannot be taken/)
    await patched('version.qcow2', 4, Buffer.from('00000063', 'hex'))
    await refuses('version.qcow2', /version/)
    await patched('clusters.qcow2', 20, Buffer.from('0000003f', 'hex'))
    await refuses('clusters.qcow2', /[Cc]luster/)
    await patched('corrupt.qcow2', 72, Buffer.from('0000000000000002', 'hex'))
    await refuses('corrupt.qcow2', /corrupt/)
  })

  test('reaches no other file', { skip: process.getuid?.() !== 0 && 'needs root' }, async () => {
    // A vmdk descriptor names extents, and those are opened as soon as it is looked at.
    const kind = '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n'
    await writeFile(at('near.vmdk'), `${kind}RW 1 FLAT "/etc/shadow" 0\n`)
    await refuses('near.vmdk', /Permission denied/)
    const { stdout } = await qemuImg('info', 'near.vmdk')
    assert.match(stdout, /512 B/, 'without confinement it would have been opened')
  })

  test('a deadline ends it', async () => {
    await assert.rejects(createInspector({ timeoutMs: 1 }).inspect(at('good.qcow2')), /took too long/)
  })
})
