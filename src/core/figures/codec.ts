// Columns of figures as few bytes: each value with nine significant bits, each as the difference to the one before,
// runs counted. What stays the same, and most of an idle guest does, costs next to nothing.

/** Values below are whole numbers of the unit; above, every doubling has 256 steps (an error of at most 1 in 512). */
const exact = 512
const steps = 256
const gap = 0

/** 0 for NaN, else 1 and up. */
export function codeOf(value: number): number {
  if (Number.isNaN(value)) return gap
  const rounded = Math.round(Math.max(0, value))
  if (rounded < exact) return 1 + rounded
  let exponent = Math.floor(Math.log2(rounded)) - 8
  let mantissa = Math.round(rounded / 2 ** exponent)
  if (mantissa === exact) {
    exponent++
    mantissa = steps
  }
  return 1 + exact + (exponent - 1) * steps + (mantissa - steps)
}

export function valueOfCode(code: number): number {
  if (code === gap) return Number.NaN
  const rest = code - 1
  if (rest < exact) return rest
  const exponent = Math.floor((rest - exact) / steps) + 1
  return (((rest - exact) % steps) + steps) * 2 ** exponent
}

/** Bytes that grow. */
export class ByteSink {
  #bytes = new Uint8Array(256)
  #length = 0

  varint(value: number): void {
    this.#room(10)
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count))
    bytes.set(this.#bytes)
    this.#bytes = bytes
  }
}

export class ByteSource {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Throws where the bytes end too early. */
  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new Error('the figures end in the middle of a number')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw new Error('the figures end in the middle of a block')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}

/** One column: zigzag differences of codes; a 0 is followed by how many more of it there are. */
export function writeColumn(sink: ByteSink, values: ArrayLike<number>): void {
  let last = gap
  let run = 0
  const endRun = () => {
    if (run === 0) return
    sink.varint(0)
    sink.varint(run - 1)
    run = 0
  }
  for (let index = 0; index < values.length; index++) {
    const code = codeOf(values[index] as number)
    if (code === last) run++
    else {
      endRun()
      sink.varint(code > last ? 2 * (code - last) : 2 * (last - code) - 1)
    }
    last = code
  }
  endRun()
}

export function readColumn(source: ByteSource, values: Float64Array): void {
  let last = gap
  let run = 0
  for (let index = 0; index < values.length; index++) {
    if (run > 0) run--
    else {
      const coded = source.varint()
      if (coded === 0) run = source.varint()
      else last += coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2
    }
    values[index] = valueOfCode(last)
  }
}
