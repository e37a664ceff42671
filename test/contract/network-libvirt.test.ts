import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Lab, startLab } from '../lab/libvirt.ts'

const inside = fileURLToPath(new URL('./network-inside.ts', import.meta.url))
let lab: Lab

before(async () => {
  lab = await startLab()
})
after(() => lab?.stop())

test('the host network of real libvirt, nftables and iproute2 keeps its contract', async (t) => {
  const result = await lab.exec(process.execPath, ['--test-reporter=spec', inside], {
    // Else the inner runner would speak to the outer one in its own protocol.
    env: { NODE_TEST_CONTEXT: undefined },
    timeoutMs: 480_000,
    allowFailure: true,
  })
  t.diagnostic(result.stdout)
  assert.equal(result.exitCode, 0, result.stdout + result.stderr)
  assert.match(result.stdout, /pass [1-9]\d/)
})
