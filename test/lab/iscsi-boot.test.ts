import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { copyIntoLab } from './guest.ts'
import { type Lab, startLab } from './libvirt.ts'
import { buildTinyGuest } from './tiny-guest.ts'

const inside = fileURLToPath(new URL('./iscsi-boot-inside.ts', import.meta.url))
let lab: Lab
before(async () => {
  lab = await startLab()
})
after(() => lab?.stop())

test('a guest of real libvirt boots from a LUN', async (t) => {
  const image = await copyIntoLab(lab, await buildTinyGuest({ serial: 'login' }), 'image.qcow2')
  const result = await lab.exec(process.execPath, ['--test-reporter=spec', inside], {
    // Else the inner runner would speak to the outer one in its own protocol.
    env: { NODE_TEST_CONTEXT: undefined, NACELLE_TEST_IMAGE: image },
    timeoutMs: 420_000,
    allowFailure: true,
  })
  t.diagnostic(result.stdout)
  assert.equal(result.exitCode, 0, result.stdout + result.stderr)
})
