// What a dry run shows of a Ceph pool is what runs: here against programs that only answer what the driver asks.
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, it } from 'node:test'
import type { StoragePool } from '../../src/core/storage-pools/storage-pool.ts'
import type { StoreAccess, VolumeStore } from '../../src/core/volumes.ts'
import { createRbdStore } from '../../src/drivers/rbd/rbd-store.ts'
import { quietLog } from '../support/quiet-log.ts'
import { commandsDuring } from '../support/recorded-commands.ts'

const answering = {
  rbd: `case "$*" in
*" snap ls "*) echo '[{"id":1,"name":"nacelle-base","size":1048576,"protected":"true"}]';;
*" trash ls "*) echo '[]';;
*" ls "*) echo '["disk-a.raw"]';;
*" info "*) echo '{"id":"1","size":1048576}';;
*" du "*) echo '{"images":[]}';;
esac`,
  'qemu-img': `case "$*" in *info*) echo '{"format":"raw","virtual-size":1048576}';; esac`,
}

const pathBefore = process.env['PATH'] ?? ''
let directory: string
let store: VolumeStore
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nacelle-rbd-'))
  for (const [name, script] of Object.entries(answering)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(directory, name), 0o755)
  }
  process.env['PATH'] = `${directory}${delimiter}${pathBefore}`
  const pool = { name: 'ceph', target: 'rbd', options: { type: 'rbd', user: 'cell', secretUuid: '' } }
  const access = { secret: 'c2VjcmV0', directory: join(directory, 'pool'), log: quietLog() }
  store = createRbdStore(pool as StoragePool, access as unknown as StoreAccess, [
    { name: '192.0.2.1', port: 6789 },
  ])
})
after(async () => {
  process.env['PATH'] = pathBefore
  await rm(directory, { recursive: true })
})

it('runs what its commands say', async () => {
  const commands = store.commands ?? assert.fail('no commands')
  const { signal } = new AbortController()
  const ignore = () => undefined
  const [base, made] = ['disk-a.raw', 'disk-b.raw']
  const shape = { sizeBytes: 2 ** 20, format: 'raw' } as const
  const onBase = { parent: base, sizeBytes: 2 ** 21 }
  const copy = { source: commands.location(base), ...shape }
  for (const [work, planned] of [
    [() => store.create(made, shape), commands.create(made, shape)],
    [() => store.clone(made, onBase), commands.clone(made, onBase)],
    [() => store.copy(made, copy, ignore, signal), commands.copy(made, copy)],
    [() => store.resize(base, 2 ** 21), commands.resize(base, 2 ** 21)],
    [() => store.compact?.(base, ignore, signal) ?? Promise.reject(), commands.compact(base, null)],
  ] as const)
    assert.deepEqual(await commandsDuring(work), planned.commands)
  const hiding = await commandsDuring(() => store.quarantine(base))
  assert.match(hiding[0]?.join(' ') ?? '', /image-meta set/)
  assert.deepEqual(hiding.slice(1), commands.quarantine(base).commands)
  assert.deepEqual(await store.location(base), commands.location(base))
  assert.ok(!JSON.stringify(commands.copy(made, copy)).includes('c2VjcmV0'))
})
