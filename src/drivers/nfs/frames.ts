// What the appliance and its storage worker say to each other: a header in JSON and, after it, bytes as they are.
import type { Writable } from 'node:stream'

export interface Frame<T> {
  header: T
  bytes: Buffer
}

const prefixBytes = 8
const mostHeader = 1024 ** 2
const mostBytes = 4 * 1024 ** 2

/** Puts frames together again out of the pieces of a stream. Throws for lengths that no frame has. */
export class FrameReader<T> {
  #pieces: Buffer[] = []
  #length = 0
  /** Nothing can be made of less than this. */
  #wanted = prefixBytes

  /** The frames that this piece completes. */
  push(piece: Buffer): Frame<T>[] {
    this.#pieces.push(piece)
    this.#length += piece.length
    const frames: Frame<T>[] = []
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): Frame<T> | undefined {
    if (this.#length < this.#wanted) return undefined
    const gathered = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    this.#pieces = [gathered]
    const [headerLength, length] = [gathered.readUInt32BE(0), gathered.readUInt32BE(4)]
    if (headerLength > mostHeader || length > mostBytes) throw new Error('what came is no frame')
    const end = prefixBytes + headerLength + length
    this.#wanted = end
    if (gathered.length < end) return undefined
    const header = JSON.parse(gathered.toString('utf8', prefixBytes, prefixBytes + headerLength)) as T
    const bytes = gathered.subarray(prefixBytes + headerLength, end)
    this.#pieces = end === gathered.length ? [] : [gathered.subarray(end)]
    this.#length = gathered.length - end
    this.#wanted = prefixBytes
    return { header, bytes }
  }
}

/** Resolves when the stream has taken it all, so that the bytes may be used again. */
export function writeFrame(stream: Writable, header: object, bytes?: Uint8Array): Promise<void> {
  const text = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32BE(text.length, 0)
  prefix.writeUInt32BE(bytes?.byteLength ?? 0, 4)
  return new Promise((resolve, reject) => {
    const done = (error: Error | null | undefined) => (error ? reject(error) : resolve())
    const head = Buffer.concat([prefix, text])
    if (!bytes?.byteLength) return void stream.write(head, done)
    stream.cork()
    stream.write(head)
    stream.write(bytes, done)
    stream.uncork()
  })
}
