import assert from 'node:assert/strict'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { AppError } from '../../src/core/errors.ts'
import type { Terminal } from '../../src/core/hypervisor.ts'
import { type ConsoleTarget, createSockets } from '../../src/http/sockets/sockets.ts'
import { ownCertificate } from '../../src/http/tls/own-certificate.ts'
import { silentLog } from './serve.ts'
import { runServer } from './server-running.ts'

const directory = await mkdtemp(join(tmpdir(), 'nacelle-sockets-'))
after(() => rm(directory, { recursive: true, force: true }))

/** A display on a unix socket; each connection is handed to `serve`. */
async function display(serve: (socket: Socket) => void) {
  const path = join(directory, `${randomBytes(4).toString('hex')}.sock`)
  const server = createServer(serve).listen(path)
  await once(server, 'listening')
  after(() => server.close())
  return { kind: 'vnc' as const, display: { kind: 'unix' as const, path } }
}

async function start(targets: Record<string, ConsoleTarget | Error>, tls = false) {
  const consume = (id: string) => {
    const target = targets[id]
    delete targets[id]
    if (target === undefined) throw new AppError('not_found', `there is no monitor channel '${id}'`)
    if (target instanceof Error) throw target
    return target
  }
  const certificate = tls
    ? await ownCertificate({ directory, hostname: 'a', names: () => ['127.0.0.1'], log: silentLog })
    : undefined
  const server = await runServer({
    server: { certificate, sockets: createSockets({ consume, log: silentLog }) },
  })
  const open = (path: string, headers: Record<string, string> = {}) =>
    new WebSocket(`${server.url.replace(/^http/, 'ws')}${path}`, 'binary', {
      headers,
      rejectUnauthorized: false,
    })
  return { ...server, open }
}

const closed = async (ws: WebSocket) => {
  const [code, reason] = (await once(ws, 'close')) as [number, Buffer]
  return { code, reason: reason.toString() }
}

const refused = async (ws: WebSocket) => {
  const [error] = (await once(ws, 'error')) as [Error]
  return error.message
}

for (const tls of [false, true])
  test(`megabytes in odd pieces to a pausing viewer arrive whole (${tls ? 'TLS' : 'plain'})`, async () => {
    const sent = createHash('sha256')
    const target = await display(async (socket) => {
      socket.on('error', () => undefined)
      for (let total = 0; total < 24 * 1024 * 1024; ) {
        const chunk = randomBytes(randomInt(1, 300_000))
        total += chunk.length
        sent.update(chunk)
        if (!socket.write(chunk)) await once(socket, 'drain')
      }
      socket.end()
    })
    const server = await start({ one: target }, tls)
    const ws = server.open('/monitor_channels/one')
    const received = createHash('sha256')
    let frames = 0
    ws.on('message', (data: Buffer, isBinary) => {
      assert.ok(isBinary)
      received.update(data)
      if (++frames % 20 !== 0) return
      ws.pause()
      setTimeout(() => ws.resume(), 10)
    })
    assert.deepEqual(await closed(ws), { code: 1000, reason: 'the guest has ended its console' })
    assert.equal(ws.protocol, 'binary')
    assert.equal(received.digest('hex'), sent.digest('hex'))
    await server.close(1000)
  })

test('bytes of the viewer reach a slow display whole, also those sent at once', async () => {
  const wanted = randomBytes(8 * 1024 * 1024)
  const result = createHash('sha256')
  const target = await display(async (socket) => {
    let total = 0
    for await (const chunk of socket) {
      result.update(chunk)
      total += chunk.length
      if (total % 7 === 0) await sleep(1)
      if (total === wanted.length) break
    }
  })
  const server = await start({ one: target })
  const ws = server.open('/api/v1/monitor_channels/one/')
  ws.on('open', () => {
    ws.send('text is not for a display')
    for (let at = 0; at < wanted.length; at += 100_000) ws.send(wanted.subarray(at, at + 100_000))
  })
  assert.equal((await closed(ws)).code, 1000)
  assert.equal(result.digest('hex'), createHash('sha256').update(wanted).digest('hex'))
  await server.close(1000)
})

test('a viewer that stops reading makes the display wait instead of filling memory', async () => {
  let written = 0
  const target = await display((socket) => {
    const chunk = Buffer.alloc(64 * 1024)
    const fill = () => {
      while (!socket.destroyed && socket.write(chunk)) written += chunk.length
    }
    socket.on('drain', fill).on('error', () => undefined)
    fill()
  })
  const server = await start({ one: target })
  const ws = server.open('/monitor_channels/one')
  await once(ws, 'open')
  ws.pause()
  await sleep(300)
  const before = written
  await sleep(300)
  assert.equal(written, before)
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken`)
  ws.terminate()
  await server.close(1000)
})

test('an id serves once; ids, paths, origins and displays that are wrong are told apart', async () => {
  const echo = await display((socket) => socket.pipe(socket))
  const gone = {
    kind: 'vnc' as const,
    display: { kind: 'unix' as const, path: join(directory, 'gone.sock') },
  }
  const server = await start({
    one: echo,
    two: echo,
    three: gone,
    four: new AppError('busy', 'é'.repeat(100)),
  })
  const first = server.open('/monitor_channels/one')
  await once(first, 'open')
  assert.deepEqual(await closed(server.open('/monitor_channels/one')), {
    code: 4404,
    reason: "there is no monitor channel 'one'",
  })
  assert.match(await refused(server.open('/elsewhere')), /404/)
  assert.match(await refused(server.open('/monitor_channels/two', { origin: 'http://evil.example' })), /403/)
  const own = server.open('/monitor_channels/two', { origin: server.url })
  own.on('open', () => own.send(Buffer.from('RFB')))
  const [data] = await once(own, 'message')
  assert.equal(String(data), 'RFB')
  assert.equal((await closed(server.open('/monitor_channels/three'))).code, 1011)
  assert.equal((await closed(server.open('/monitor_channels/four'))).code, 4409)
  const farewell = Promise.all([closed(first), closed(own)])
  await server.close(3000)
  for (const { code } of await farewell) assert.equal(code, 1001)
})

async function until(condition: () => boolean) {
  for (let tries = 0; tries < 200 && !condition(); tries++) await sleep(10)
  assert.ok(condition(), 'it did not happen within two seconds')
}

/** A terminal that a test looks into. */
function terminal() {
  const seen = { written: '', size: '', paused: 0, closed: 0 }
  let data: (text: string) => void = () => undefined
  let exit: () => void = () => undefined
  const fake: Terminal = {
    write: (bytes) => {
      seen.written += Buffer.from(bytes as Uint8Array).toString()
      data(`echo ${seen.written}`)
    },
    resize: (columns, rows) => {
      seen.size = `${columns}x${rows}`
    },
    onData: (listener) => {
      data = listener
    },
    onExit: (listener) => {
      exit = listener
    },
    pause: () => {
      seen.paused++
    },
    resume: () => undefined,
    close: () => {
      seen.closed++
    },
  }
  return { fake, seen, say: (text: string) => data(text), end: () => exit() }
}

test('serial: bytes both ways, size from the query and by control frames, clean end', async () => {
  const { fake, seen, end } = terminal()
  const target = {
    kind: 'serial' as const,
    open: async ({ columns, rows }: { columns: number; rows: number }) => {
      fake.resize(columns, rows)
      return fake
    },
  }
  const server = await start({ one: target, two: target, three: target })
  const ws = server.open('/monitor_channels/one?columns=100&rows=30')
  ws.on('open', () => ws.send(Buffer.from('hällo')))
  const [data, isBinary] = await once(ws, 'message')
  assert.equal(String(data), 'echo hällo')
  assert.equal(isBinary, true)
  assert.equal(seen.size, '100x30')
  ws.send('{"resize":{"columns":132,"rows":43}}')
  await until(() => seen.size === '132x43')
  end()
  assert.deepEqual(await closed(ws), { code: 1000, reason: 'the console has ended' })
  await until(() => seen.closed === 1)
  const wrong = server.open('/monitor_channels/two?columns=-1')
  wrong.on('open', () => wrong.send('{"resize":{"columns":0,"rows":43}}'))
  assert.equal((await closed(wrong)).code, 1008)
  assert.equal(seen.size, '80x24')
  const gone = server.open('/monitor_channels/three')
  await once(gone, 'open')
  await sleep(20)
  gone.terminate()
  await until(() => seen.closed === 3)
  await server.close(1000)
})

test('serial: a viewer that stops reading pauses the terminal', async () => {
  const { fake, seen, say } = terminal()
  const server = await start({ one: { kind: 'serial', open: async () => fake } })
  const ws = server.open('/monitor_channels/one')
  await once(ws, 'open')
  ws.pause()
  await sleep(20)
  for (let round = 0; round < 200 && seen.paused === 0; round++) {
    say('x'.repeat(100_000))
    await sleep(1)
  }
  assert.equal(seen.paused, 1)
  ws.terminate()
  await server.close(1000)
})
