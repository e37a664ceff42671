// The part of start-up.ts that runs in the lab: starts the appliance again and again, and writes the milliseconds from
// each spawn to the first answer as a JSON list.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

interface Request {
  command: string[]
  dataDir: string
  starts: number
}

const { command, dataDir, starts } = JSON.parse(process.argv[2] ?? '{}') as Request
const port = 5871
const pollMs = 2
const settleMs = 1_500

const answers = () =>
  new Promise<boolean>((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: '/healthz', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
  })

async function oneStart(): Promise<number> {
  const [file = '', ...words] = command
  const flags = ['--data-dir', dataDir, '--listen', `http://127.0.0.1:${port}`]
  const begun = performance.now()
  const child = spawn(file, [...words, 'serve', ...flags], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`the appliance has ended with ${child.exitCode}`)
    await delay(pollMs)
  }
  const elapsedMs = performance.now() - begun
  // It goes on to bring itself up; ending it in the middle is not what is measured.
  await delay(settleMs)
  child.kill('SIGTERM')
  await ended
  return elapsedMs
}

const times: number[] = []
// The first one warms the page cache and does not count.
for (let start = 0; start <= starts; start++) {
  const elapsedMs = await oneStart()
  if (start > 0) times.push(elapsedMs)
}
process.stdout.write(JSON.stringify(times))
