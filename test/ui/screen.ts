// The screen of every pretended guest: a small RFB 3.8 server on a unix socket that shows one picture and keeps what is typed.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Rows from the top, 4 bytes a pixel: red, green, blue, unused. */
export interface Picture {
  width: number
  height: number
  pixels: Uint8Array
}

export interface Screen {
  path: string
  /** Keysyms that were pressed, in their order. */
  readonly keys: number[]
  /** Scancodes that were pressed and released: what a guest of QEMU really gets. */
  readonly scancodes: { code: number; isDown: boolean }[]
  /** Viewers that are connected. */
  viewers(): number
  /** Of the size that the screen has. */
  show(pixels: Uint8Array): void
  /** Cuts every viewer, as a guest that restarts does. */
  cut(): void
  close(): Promise<void>
}

export const screenSize = { width: 800, height: 600 }

interface PixelFormat {
  bigEndian: boolean
  shifts: [red: number, green: number, blue: number]
}

interface Viewer {
  socket: Socket
  format: PixelFormat
  /** It waits for the next change. */
  waiting: boolean
}

interface State {
  picture: Picture
  keys: number[]
  scancodes: Screen['scancodes']
  viewers: Set<Viewer>
}

export async function openScreen(): Promise<Screen> {
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-screen-'))
  const path = join(directory, 'screen.sock')
  const state: State = { picture: testPicture(), keys: [], scancodes: [], viewers: new Set() }
  const server = createServer((socket) => serve(socket, state))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const cut = () => {
    for (const { socket } of state.viewers) socket.destroy()
  }
  return {
    path,
    keys: state.keys,
    scancodes: state.scancodes,
    viewers: () => state.viewers.size,
    show(pixels) {
      state.picture = { ...screenSize, pixels }
      for (const viewer of state.viewers) if (viewer.waiting) send(viewer, state.picture)
    },
    cut,
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Dark, with lighter lines as a text console has. */
function testPicture(): Picture {
  const { width, height } = screenSize
  const pixels = new Uint8Array(width * height * 4).fill(16)
  for (let y = 20; y < height / 2; y += 18)
    for (let x = 16; x < 200 + ((y * 37) % 400); x++)
      pixels.fill(190, (y * width + x) * 4, (y * width + x) * 4 + 3)
  return { width, height, pixels }
}

function serve(socket: Socket, state: State): void {
  const viewer: Viewer = { socket, format: { bigEndian: false, shifts: [16, 8, 0] }, waiting: false }
  state.viewers.add(viewer)
  socket.on('error', () => undefined)
  socket.once('close', () => state.viewers.delete(viewer))
  const conversation = converse(viewer, state)
  let needed = conversation.next(Buffer.alloc(0)).value as number
  let held = Buffer.alloc(0)
  socket.on('data', (data) => {
    held = Buffer.concat([held, data])
    while (held.length >= needed && !socket.destroyed) {
      const taken = held.subarray(0, needed)
      held = held.subarray(needed)
      needed = conversation.next(taken).value as number
    }
  })
}

/** Yields how many bytes it needs next and is given those. */
function* converse(viewer: Viewer, state: State): Generator<number, never, Buffer> {
  const { socket } = viewer
  socket.write('RFB 003.008\n')
  yield 12
  // One way to prove who one is: none.
  socket.write(Buffer.from([1, 1]))
  yield 1
  socket.write(Buffer.from([0, 0, 0, 0]))
  yield 1
  socket.write(greeting(state.picture))
  for (;;) {
    const [kind] = yield 1
    switch (kind) {
      case 0:
        viewer.format = formatOf(yield 19)
        break
      case 2:
        if (encodingsOf(yield (yield 3).readUInt16BE(1) * 4).includes(extendedKeys)) socket.write(agreed)
        break
      case 3: {
        const onlyChanges = (yield 9)[0] === 1
        if (onlyChanges) viewer.waiting = true
        else send(viewer, state.picture)
        break
      }
      case 4: {
        const event = yield 7
        if (event[0] === 1) state.keys.push(event.readUInt32BE(3))
        break
      }
      case 5:
        yield 5
        break
      case 6:
        yield Math.abs((yield 7).readInt32BE(3))
        break
      case 255: {
        const event = yield 11
        const isDown = event.readUInt16BE(1) === 1
        if (isDown) state.keys.push(event.readUInt32BE(3))
        state.scancodes.push({ code: event.readUInt32BE(7), isDown })
        break
      }
      default:
        socket.destroy(new Error(`an RFB message of kind ${kind} is not known here`))
        yield Number.POSITIVE_INFINITY
    }
  }
}

function greeting({ width, height }: Picture): Buffer {
  const name = 'pretended guest'
  const head = Buffer.alloc(24)
  head.writeUInt16BE(width, 0)
  head.writeUInt16BE(height, 2)
  // 32 bits, depth 24, little endian, true colour, 255 of each, at 16, 8 and 0.
  Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0]).copy(head, 4)
  head.writeUInt32BE(name.length, 20)
  return Buffer.concat([head, Buffer.from(name)])
}

/** QEMU's extended key events: a server that knows them says so by a rectangle without pixels. */
const extendedKeys = -258
const agreed = Buffer.alloc(16)
agreed.writeUInt16BE(1, 2)
agreed.writeInt32BE(extendedKeys, 12)

const encodingsOf = (list: Buffer): number[] =>
  Array.from({ length: list.length / 4 }, (_, index) => list.readInt32BE(index * 4))

const formatOf = (message: Buffer): PixelFormat => ({
  bigEndian: message[5] === 1,
  shifts: [message[13] ?? 16, message[14] ?? 8, message[15] ?? 0],
})

/** The whole picture, raw. */
function send(viewer: Viewer, { width, height, pixels }: Picture): void {
  viewer.waiting = false
  const head = Buffer.alloc(16)
  head.writeUInt16BE(1, 2)
  head.writeUInt16BE(width, 8)
  head.writeUInt16BE(height, 10)
  const body = Buffer.alloc(width * height * 4)
  const { bigEndian, shifts } = viewer.format
  for (let at = 0; at < body.length; at += 4)
    for (const [colour, shift] of shifts.entries())
      body[at + (bigEndian ? 3 - shift / 8 : shift / 8)] = pixels[at + colour] ?? 0
  viewer.socket.write(Buffer.concat([head, body]))
}
