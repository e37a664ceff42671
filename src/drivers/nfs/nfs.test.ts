import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { recorded } from '../../../test/support/recorded.ts'
import { AppError } from '../../core/errors.ts'
import { CommandError } from '../exec.ts'
import { FrameReader, writeFrame } from './frames.ts'
import { mountedAt, mountFailure } from './mount.ts'
import { mountOptions } from './mount-options.ts'

const request = { host: '10.77.0.1', target: '/nope', options: 'hard', directory: '/var/lib/x' }

test('mount options: ours, and of the pool’s only those that harm nobody', () => {
  assert.equal(mountOptions(''), 'hard,retry=0,nosuid,nodev,noexec,vers=4.2,timeo=600,retrans=2')
  assert.match(mountOptions('nfsvers=4.1,nconnect=4,noatime'), /vers=4\.1,.*nconnect=4,noatime$/)
  for (const wrong of [
    'soft',
    'exec',
    'suid',
    'dev',
    'ro',
    'nolock',
    'vers=2',
    'nconnect=99',
    'context=x',
    'bg',
    'port=a',
  ])
    assert.throws(
      () => mountOptions(wrong),
      (error) => error instanceof AppError && error.field === 'options',
      wrong,
    )
})

test('recorded: what mount.nfs says becomes words with a mend', async () => {
  const says: [words: string, means: RegExp][] = [
    ['10.77.0.1:/nope', /it exports no '\/nope'/],
    ['vers=4.0', /does not speak this version of NFS/],
    ['vers=3', /rpc\.statd/],
    ['10.77.0.1:/export /n rc=32', /Connection refused|does not run/],
  ]
  for (const [words, means] of says) {
    const { output, exitCode } = (await recorded('nested-guest.txt', 'mount -t nfs')).findLast(
      (one) => one.exitCode === 32 && `${one.command} rc=32`.includes(words),
    )!
    const error = new CommandError('mount', [], { exitCode, signal: null, stdout: '', stderr: output })
    const told = mountFailure(error, request)
    assert.ok(told instanceof AppError)
    assert.match(told.message, means)
  }
  const stderr = 'mount.nfs: No such device'
  const none = new CommandError('mount', [], { exitCode: 32, signal: null, stdout: '', stderr })
  assert.match((mountFailure(none, request) as Error).message, /kernel has no NFS client/)
})

test('the kernel’s list says what is mounted where; the last one counts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-mountinfo-'))
  const list = join(directory, 'mountinfo')
  await writeFile(
    list,
    '22 1 0:20 / / rw - ext4 /dev/vda rw\n' +
      '27 1 0:23 / /pools/a\\040b rw,nosuid - nfs4 10.77.0.1:/export rw,vers=4.2\n' +
      '28 27 0:24 / /pools/a\\040b rw - tmpfs over rw\n',
  )
  assert.equal(await mountedAt('/pools/a b', list), 'over')
  assert.equal(await mountedAt('/', list), '/dev/vda')
  assert.equal(await mountedAt('/pools', list), undefined)
  assert.ok((await readFile('/proc/self/mountinfo', 'utf8')).includes(' - '))
  await rm(directory, { recursive: true })
})

test('frames come whole out of any pieces', async () => {
  const stream = new PassThrough()
  const bytes = Buffer.from('some bytes')
  await writeFrame(stream, { call: 1 }, bytes)
  await writeFrame(stream, { call: 2 })
  const all = stream.read() as Buffer
  for (const size of [1, 3, 17, all.length]) {
    const reader = new FrameReader<{ call: number }>()
    const frames = []
    for (let at = 0; at < all.length; at += size) frames.push(...reader.push(all.subarray(at, at + size)))
    assert.deepEqual(
      frames.map(({ header, bytes }) => [header.call, bytes.toString()]),
      [
        [1, 'some bytes'],
        [2, ''],
      ],
    )
  }
})
