import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const inside = fileURLToPath(new URL('./iscsi-inside.ts', import.meta.url))

test('the iSCSI store keeps its contract over a real tgtd, through libiscsi', async (t) => {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=KILL']
  const script = 'ip link set lo up; exec "$@"'
  const node = [process.execPath, '--test-reporter=spec', inside]
  const words = ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', script, 'sh', ...node]
  // Else the inner runner would speak to the outer one in its own protocol.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn('setpriv', words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = await once(child, 'close')
  t.diagnostic(output)
  assert.equal(code, 0, output)
  assert.match(output, /pass [1-9]\d?/)
})
