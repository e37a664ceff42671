// The consoles of a running guest, as viewers use them: tickets that serve once, a terminal, a port for outside viewers.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { waitFor } from '../lab/http.ts'
import { countColours, RfbClient } from '../lab/rfb.ts'
import { SerialConsole } from '../lab/serial.ts'
import type { ByteStream } from '../lab/streams.ts'
import { type Appliance, startBoth } from './harness.ts'
import * as life from './life.ts'

const expiryMs = 60_000

let appliance: Appliance
let stop: () => Promise<void>
let image: string
let guest: string

before(async () => {
  const both = await startBoth()
  appliance = both.appliance
  stop = both.stop
  image = await life.uploadTiny(appliance)
  guest = await life.createGuest(appliance, life.createBody('seen', { from_image: image, auto_start: true }))
})
after(() => stop?.())

interface Channel {
  id: string
  protocol: string
  password: string
}

const makeChannel = (id: string, protocol: 'vnc' | 'serial') =>
  appliance.api<Channel>('POST', '/monitor_channels/', { guest: id, protocol })

/** As a browser does, which says from where it comes. */
function open(
  path: string,
  { origin, protocols = ['binary'] }: { origin?: string; protocols?: string[] } = {},
) {
  const url = `${appliance.url.replace('http', 'ws')}${path}`
  return new WebSocket(url, protocols, origin === undefined ? {} : { headers: { origin } })
}

async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return { code, reason: reason.toString() }
}

async function refusalOf(socket: WebSocket): Promise<string> {
  const [error] = (await once(socket, 'error')) as [Error]
  return error.message
}

const streamOf = (socket: WebSocket): ByteStream => ({
  write: (data) => socket.send(data),
  onData: (listener) => void socket.on('message', listener),
  onClose: (listener) => void socket.once('close', listener),
  close: () => socket.close(),
})

const serialOf = async (socket: WebSocket) => {
  const serial = new SerialConsole(streamOf(socket))
  await once(socket, 'open')
  return serial
}

describe('a channel', () => {
  let expiring: { id: string; madeAt: number }
  before(async () => {
    expiring = { id: (await makeChannel(guest, 'vnc')).id, madeAt: performance.now() }
  })

  test('speaks the sub-protocol binary and serves once, at both bases', async () => {
    for (const base of ['', '/api/v1']) {
      const path = `${base}/monitor_channels/${(await makeChannel(guest, 'vnc')).id}`
      const socket = open(path, { protocols: ['binary', 'base64'] })
      const [greeting] = (await once(socket, 'message')) as [Buffer]
      assert.equal(socket.protocol, 'binary')
      assert.match(greeting.toString(), /^RFB 003\.008\n$/)
      const second = await closeOf(open(path))
      assert.equal(second.code, 4404)
      assert.match(second.reason, /no monitor channel/)
      socket.close()
    }
  })

  test('is not there under another id', async () => {
    assert.equal((await closeOf(open('/monitor_channels/nobody-gave-this-out'))).code, 4404)
    assert.match(await refusalOf(open('/monitor_channels/')), /404/)
  })

  test('is not for pages of others, and is not used up by them', async () => {
    const path = `/monitor_channels/${(await makeChannel(guest, 'vnc')).id}`
    assert.match(await refusalOf(open(path, { origin: 'https://evil.example' })), /403/)
    const own = open(path, { origin: appliance.url })
    await once(own, 'message')
    own.close()
  })

  test('is made for a guest that runs, by whoever may', async () => {
    const idle = await life.createGuest(appliance, life.createBody('idle', { from_image: image }))
    const body = { guest: idle, protocol: 'vnc' }
    assert.equal((await appliance.call('POST', '/monitor_channels/', body)).status, 409)
    const anonymous = await appliance.anonymous()
    const reply = await anonymous.request('POST', '/api/v1/monitor_channels/', { body })
    assert.equal(reply.status, 401)
    await life.deleteGuest(appliance, idle)
  })

  test('the terminal is as large as its viewer says, and the latest viewer has it', async () => {
    await life.booted(appliance, guest)
    const path = `/monitor_channels/${(await makeChannel(guest, 'serial')).id}?columns=132&rows=43`
    const socket = open(path)
    const serial = await serialOf(socket)
    serial.send('\r')
    await serial.expect(/login: /, 60_000)
    assert.equal(await terminalSize(), '43 132')
    socket.send(JSON.stringify({ resize: { columns: 100, rows: 30 } }))
    await waitFor('new size', async () => ((await terminalSize()) === '30 100' ? true : undefined))

    const ended = closeOf(socket)
    const later = open(`/monitor_channels/${(await makeChannel(guest, 'serial')).id}`)
    const other = await serialOf(later)
    assert.equal((await ended).code, 1000)
    assert.equal(await other.login('root', 'tiny-first', 60_000), true)
    assert.equal(await other.run('echo from the terminal', 30_000), 'from the terminal')
    const nonsense = closeOf(later)
    later.send('resize it')
    assert.equal((await nonsense).code, 1008)
  })

  test('ends cleanly with its guest', async () => {
    const screen = open(`/monitor_channels/${(await makeChannel(guest, 'vnc')).id}`)
    const serial = open(`/monitor_channels/${(await makeChannel(guest, 'serial')).id}`)
    await Promise.all([once(screen, 'message'), once(serial, 'open')])
    await delay(1000) // virsh has to be there to see it
    const ends = Promise.all([closeOf(screen), closeOf(serial)])
    await appliance.api('DELETE', `/instances/${guest}`, { reboot: false, force: true })
    assert.deepEqual(
      (await ends).map(({ code }) => code),
      [1000, 1000],
    )
    await waitFor('end of virsh', async () => ((await virshConsoles()) === '' ? true : undefined))
  })

  test('expires when nobody comes', async () => {
    await delay(Math.max(0, expiryMs + 1000 - (performance.now() - expiring.madeAt)))
    assert.equal((await closeOf(open(`/monitor_channels/${expiring.id}`))).code, 4404)
  })
})

/** The pids of the terminals that the appliance holds open, as the lab sees them. */
const virshConsoles = async () => {
  const words = ['-f', '^virsh .*console --force']
  return (await appliance.lab.exec('pgrep', words, { allowFailure: true })).stdout.trim()
}

/** Rows and columns of the one terminal that is open. */
async function terminalSize(): Promise<string> {
  const script = `stty size </proc/${await virshConsoles()}/fd/0`
  return (await appliance.lab.exec('sh', ['-c', script])).stdout.trim()
}

describe('a port for outside viewers', () => {
  const display = async () => (await life.instance(appliance, guest)).internal.display_address

  async function outside(address: string): Promise<ByteStream> {
    const url = new URL(await appliance.lab.url(Number(address.split(':')[1])))
    const socket = connect(Number(url.port), url.hostname)
    await once(socket, 'connect')
    return {
      write: (data) => void socket.write(data),
      onData: (listener) => void socket.on('data', listener),
      onClose: (listener) => void socket.once('close', () => listener()),
      close: () => socket.destroy(),
    }
  }

  test('is opened by the setting, for guests that start afterwards, and guarded by the secret', async () => {
    await appliance.api('POST', `/instances/${guest}`, {})
    assert.equal(await display(), '')
    await appliance.api('PUT', '/settings/vnc.listen', { value: '127.0.0.1' })
    assert.equal(await display(), '')
    await appliance.api('DELETE', `/instances/${guest}`, { reboot: false, force: true })
    await appliance.api('POST', `/instances/${guest}`, {})
    const address = await display()
    assert.match(address, /^127\.0\.0\.1:59\d\d$/)
    const found = await appliance.api<life.GuestReply & { monitor_secret: string }>('GET', `/guests/${guest}`)
    assert.equal(found.internal.display_address, address)

    const viewer = await RfbClient.connect(await outside(address), found.monitor_secret)
    await viewer.pictureWhere((picture) => countColours(picture) > 1, 60_000)
    viewer.close()
    await assert.rejects(RfbClient.connect(await outside(address), 'wrong'), /authentication failed/)
    await assert.rejects(RfbClient.connect(await outside(address)), /security type 1 not offered/)
  })

  test('the websocket still leads there, with the password that its channel tells', async () => {
    const { id, password } = await makeChannel(guest, 'vnc')
    const viewer = await RfbClient.connect(streamOf(await opened(open(`/monitor_channels/${id}`))), password)
    await viewer.pictureWhere((picture) => countColours(picture) > 1, 60_000)
    viewer.close()
  })

  test('is closed with the next start once the setting is gone', async () => {
    await appliance.api('DELETE', '/settings/vnc.listen')
    await appliance.api('DELETE', `/instances/${guest}`, { reboot: false, force: true })
    assert.equal(await display(), '')
    await appliance.api('POST', `/instances/${guest}`, {})
    assert.equal(await display(), '')
  })
})

/** What the server says before anybody listens is kept. */
async function opened(socket: WebSocket): Promise<WebSocket> {
  socket.pause()
  await once(socket, 'open')
  setImmediate(() => socket.resume())
  return socket
}
