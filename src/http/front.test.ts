import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../core/context.ts'
import { createFront, type Front } from './front.ts'
import { type RunningServer, startServer } from './server.ts'

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
let front: Front
let server: RunningServer

before(async () => {
  front = createFront()
  server = await startServer({ ...front, host: '127.0.0.1', port: 0, log, stopping: new AbortController() })
})

after(() => server.close(0))

/** The name of what has handled an upgrade, as the first line that comes back. */
async function upgrade(): Promise<string> {
  const socket = connect({ port: server.port, host: '127.0.0.1' })
  socket.write('GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const [line] = await once(socket, 'data')
  socket.destroy()
  return String(line)
}

test('until the program is there the process says that it lives, and all else waits for the program', async () => {
  const alive = await fetch(`${server.url}/healthz`)
  assert.equal(await alive.text(), 'alive\n')
  assert.equal(alive.headers.get('content-type'), 'text/plain; charset=UTF-8')
  let isAsked = false
  void front.asked.then(() => {
    isAsked = true
  })
  await delay(20)
  assert.equal(isAsked, false)

  let isAnswered = false
  const waiting = fetch(`${server.url}/api/v1/system/`).then((response) => {
    isAnswered = true
    return response.text()
  })
  const upgraded = upgrade()
  await front.asked
  await delay(50)
  assert.equal(isAnswered, false)

  front.open({
    respond: (request, response) => void response.end(`the program at ${request.url}`),
    sockets: { upgrade: (_, socket) => void socket.end('the sockets'), close() {} },
  })
  assert.equal(await waiting, 'the program at /api/v1/system/')
  assert.equal(await upgraded, 'the sockets')
  assert.equal(await (await fetch(`${server.url}/healthz`)).text(), 'the program at /healthz')
})
