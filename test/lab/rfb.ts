import { createCipheriv } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ByteStream } from './streams.ts'

/** What a guest's screen shows. Pixels are 4 bytes each: blue, green, red, unused; rows from the top. */
export type Picture = { width: number; height: number; pixels: Buffer }

const returnKey = 0xff0d
const shiftKey = 0xffe1
const messages = { setPixelFormat: 0, setEncodings: 2, updateRequest: 3, keyEvent: 4 }

/** A small RFB 3.8 client: no or VNC authentication, raw encoding, 32-bit colour. */
export class RfbClient {
  readonly #stream: ByteStream
  #buffer: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #closed = false
  #picture: Picture = { width: 0, height: 0, pixels: Buffer.alloc(0) }

  private constructor(stream: ByteStream) {
    this.#stream = stream
    stream.onData((data) => {
      this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data])
      this.#wake?.()
    })
    stream.onClose(() => {
      this.#closed = true
      this.#wake?.()
    })
  }

  /** Shakes hands; throws when the server refuses, with the server's reason. */
  static async connect(stream: ByteStream, password?: string): Promise<RfbClient> {
    const client = new RfbClient(stream)
    await client.#handshake(password)
    return client
  }

  /** Asks for the whole screen and answers it once it was received. */
  async picture(): Promise<Picture> {
    const request = Buffer.alloc(10)
    request[0] = messages.updateRequest
    request.writeUInt16BE(this.#picture.width, 6)
    request.writeUInt16BE(this.#picture.height, 8)
    this.#stream.write(request)
    for (;;)
      if (await this.#serverMessage()) return { ...this.#picture, pixels: Buffer.from(this.#picture.pixels) }
  }

  /** Asks for pictures until one satisfies `wanted`; a guest's screen reaches the server a moment late. */
  async pictureWhere(wanted: (picture: Picture) => boolean, timeoutMs = 15_000): Promise<Picture> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const picture = await this.picture()
      if (wanted(picture)) return picture
      if (performance.now() > deadline)
        throw new Error(`the screen did not become as wanted in ${timeoutMs} ms`)
      await delay(200)
    }
  }

  /** Presses and releases a key, named by its X keysym. */
  key(keysym: number): void {
    this.#keyEvents(keysym, [1, 0])
  }

  #keyEvents(keysym: number, states: number[]): void {
    for (const down of states) {
      const event = Buffer.alloc(8)
      event[0] = messages.keyEvent
      event[1] = down
      event.writeUInt32BE(keysym, 4)
      this.#stream.write(event)
    }
  }

  /** Types ASCII text; a line feed is the return key. */
  type(text: string): void {
    for (const letter of text) {
      // QEMU wants the shift key pressed as well, on a US keyboard.
      const shifted = /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(letter)
      if (shifted) this.#keyEvents(shiftKey, [1])
      this.key(letter === '\n' ? returnKey : letter.charCodeAt(0))
      if (shifted) this.#keyEvents(shiftKey, [0])
    }
  }

  close(): void {
    this.#stream.close()
  }

  async #handshake(password: string | undefined): Promise<void> {
    const version = (await this.#read(12)).toString()
    if (!/^RFB 003\.00[78]\n$/.test(version)) throw new Error(`not an RFB server: ${JSON.stringify(version)}`)
    this.#stream.write(Buffer.from('RFB 003.008\n'))
    const count = (await this.#read(1))[0] ?? 0
    if (count === 0) throw new Error(`RFB server refused: ${await this.#reason()}`)
    await this.#authenticate([...(await this.#read(count))], password)
    this.#stream.write(Buffer.from([1])) // shared
    const init = await this.#read(24)
    const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)]
    await this.#read(init.readUInt32BE(20)) // the desktop's name
    this.#picture = { width, height, pixels: Buffer.alloc(width * height * 4) }
    this.#chooseFormat()
  }

  async #authenticate(offered: number[], password: string | undefined): Promise<void> {
    const type = password === undefined ? 1 : 2
    if (!offered.includes(type))
      throw new Error(`RFB security type ${type} not offered, only ${offered.join()}`)
    this.#stream.write(Buffer.from([type]))
    if (password !== undefined) this.#stream.write(vncResponse(await this.#read(16), password))
    const result = (await this.#read(4)).readUInt32BE(0)
    if (result !== 0) throw new Error(`RFB authentication failed: ${await this.#reason()}`)
  }

  #chooseFormat(): void {
    const format = Buffer.from([
      messages.setPixelFormat,
      0,
      0,
      0,
      32,
      24,
      0,
      1,
      0,
      255,
      0,
      255,
      0,
      255,
      16,
      8,
      0,
      0,
      0,
      0,
    ])
    const encodings = Buffer.alloc(12)
    encodings[0] = messages.setEncodings
    encodings.writeUInt16BE(2, 2)
    encodings.writeInt32BE(0, 4) // raw
    encodings.writeInt32BE(-223, 8) // changes of the desktop's size
    this.#stream.write(Buffer.concat([format, encodings]))
  }

  /** Reads one message; true when it was a framebuffer update that holds pixels. */
  async #serverMessage(): Promise<boolean> {
    const type = (await this.#read(1))[0]
    if (type === 0) return this.#update()
    if (type === 1)
      await this.#read(6 * (await this.#read(5)).readUInt16BE(3)) // colour map
    else if (type === 3)
      await this.#read((await this.#read(7)).readUInt32BE(3)) // cut text
    else if (type !== 2) throw new Error(`RFB message ${type} is unknown`)
    return false
  }

  async #update(): Promise<boolean> {
    const count = (await this.#read(3)).readUInt16BE(1)
    let painted = false
    for (let index = 0; index < count; index++) {
      const head = await this.#read(12)
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [
        number,
        number,
        number,
        number,
      ]
      const encoding = head.readInt32BE(8)
      if (encoding === -223) this.#picture = { width, height, pixels: Buffer.alloc(width * height * 4) }
      else if (encoding === 0) {
        this.#paint({ x, y, width }, await this.#read(width * height * 4))
        painted = true
      } else throw new Error(`RFB encoding ${encoding} was not asked for`)
    }
    return painted
  }

  #paint(at: { x: number; y: number; width: number }, data: Buffer): void {
    const rowBytes = at.width * 4
    for (let row = 0; row * rowBytes < data.length; row++) {
      const target = ((at.y + row) * this.#picture.width + at.x) * 4
      data.copy(this.#picture.pixels, target, row * rowBytes, (row + 1) * rowBytes)
    }
  }

  async #reason(): Promise<string> {
    return (await this.#read((await this.#read(4)).readUInt32BE(0))).toString()
  }

  async #read(length: number): Promise<Buffer> {
    while (this.#buffer.length < length) {
      if (this.#closed) throw new Error('the RFB connection closed')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const part = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return part
  }
}

/** DES of the challenge with the password's bit-reversed bytes as key. Triple DES with one key thrice is DES. */
function vncResponse(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8)
  key.write(password.slice(0, 8), 'latin1')
  for (const [index, byte] of key.entries()) key[index] = reverseBits(byte)
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false)
  return Buffer.concat([cipher.update(challenge), cipher.final()])
}

function reverseBits(byte: number): number {
  let reversed = 0
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit)
  return reversed
}

/** How many different colours the picture has (up to 256 are counted): 1 means that nothing is shown. */
export function countColours(picture: Picture): number {
  const seen = new Set<number>()
  for (let at = 0; at < picture.pixels.length && seen.size < 256; at += 4) {
    seen.add(picture.pixels.readUInt32LE(at) & 0xffffff)
  }
  return seen.size
}

/** How many pixels differ; Infinity when the sizes do. */
export function countChangedPixels(one: Picture, other: Picture): number {
  if (one.width !== other.width || one.height !== other.height) return Number.POSITIVE_INFINITY
  let changed = 0
  for (let at = 0; at < one.pixels.length; at += 4) {
    if (one.pixels.readUInt32LE(at) !== other.pixels.readUInt32LE(at)) changed++
  }
  return changed
}
