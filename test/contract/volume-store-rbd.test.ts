import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ceph, startCeph } from '../lab/ceph.ts'
import { type Lab, startLab } from '../lab/libvirt.ts'

const inside = fileURLToPath(new URL('./volume-store-rbd-inside.ts', import.meta.url))
let lab: Lab
let ceph: Ceph
let readOnlyKey: string

before(async () => {
  lab = await startLab()
  ceph = await startCeph(lab)
  const osd = 'profile rbd-read-only pool=rbd'
  readOnlyKey = await ceph.addUser('reader', { mon: 'profile rbd', osd, mgr: osd })
})
after(() => lab?.stop())

test('a real Ceph keeps the contract of volume stores', async (t) => {
  const { monitor, pool, user, key } = ceph
  const access = { host: monitor.name, port: monitor.port, pool, user, key, readOnlyKey }
  const result = await lab.exec(process.execPath, ['--test-reporter=spec', inside], {
    // Else the inner runner would speak to the outer one in its own protocol.
    env: { NODE_TEST_CONTEXT: undefined, NACELLE_TEST_CEPH: JSON.stringify(access) },
    timeoutMs: 840_000,
    allowFailure: true,
  })
  t.diagnostic(result.stdout)
  assert.equal(result.exitCode, 0, result.stdout + result.stderr)
  assert.match(result.stdout, /pass [1-9]\d/)
  const words = await lab.exec('ps', ['-eo', 'args'])
  assert.ok(!words.stdout.includes(key), 'no argument of a process holds the key')
})
