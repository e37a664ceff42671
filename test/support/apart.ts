// Runs a test file in network, mount and PID namespaces of its own, where servers may take any port of loopback.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** `module` is the URL of the file. Ends with this process. */
export async function runApart(module: URL): Promise<{ exitCode: number; output: string }> {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=KILL']
  const script = 'ip link set lo up; exec "$@"'
  const node = [process.execPath, '--test-reporter=spec', fileURLToPath(module)]
  const words = ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', script, 'sh', ...node]
  // Else the inner runner would speak to the outer one in its own protocol.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn('setpriv', words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const [code] = await once(child, 'close')
  return { exitCode: Number(code ?? 137), output }
}
