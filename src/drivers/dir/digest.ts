import { Worker } from 'node:worker_threads'

/** SHA-256 computed by a thread of its own, so that the event loop never waits for it. */
export interface Digest {
  /** Adds a piece of the shared memory; resolves when it has been read. */
  update(offset: number, length: number): Promise<void>
  /** Adds the first `sizeBytes` of a file. */
  updateFile(path: string, sizeBytes: number): Promise<void>
  /** Hex; ends the thread. */
  finish(): Promise<string>
  stop(): Promise<void>
}

// Source text and not a module: inside the packaged executable there is no file that a thread could load.
const source = `
const { openSync, readSync, closeSync } = require('node:fs')
const { createHash } = require('node:crypto')
const { parentPort, workerData } = require('node:worker_threads')
const hash = createHash('sha256')
const readFile = (path, size) => {
  const file = openSync(path, 'r')
  const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
  for (let position = 0; position < size; ) {
    const count = readSync(file, buffer, 0, Math.min(buffer.length, size - position), position)
    if (count === 0) throw new Error('the file ends at ' + position + ', before ' + size)
    hash.update(buffer.subarray(0, count))
    position += count
  }
  closeSync(file)
}
parentPort.on('message', (message) => {
  if (message.path) readFile(message.path, message.size)
  else if (message.length) hash.update(Buffer.from(workerData, message.offset, message.length))
  parentPort.postMessage(message.end ? hash.digest('hex') : '')
})
`

const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 }

/** The thread lives until `finish` or `stop`. */
export const startDigest = (shared: SharedArrayBuffer): Digest => new ThreadDigest(shared)

class ThreadDigest implements Digest {
  readonly #worker: Worker
  /** In the order of the messages, which the thread answers one by one. */
  readonly #waiting: PromiseWithResolvers<string>[] = []
  #failure: unknown

  constructor(shared: SharedArrayBuffer) {
    this.#worker = new Worker(source, {
      eval: true,
      workerData: shared,
      resourceLimits: limits,
      execArgv: [],
    })
    this.#worker.on('message', (answer: string) => this.#waiting.shift()?.resolve(answer))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the thread that computes the digest has ended')))
    // An upload that is abandoned must not keep the appliance from ending.
    this.#worker.unref()
  }

  async update(offset: number, length: number): Promise<void> {
    await this.#ask({ offset, length })
  }

  async updateFile(path: string, sizeBytes: number): Promise<void> {
    await this.#ask({ path, size: sizeBytes })
  }

  async finish(): Promise<string> {
    const digest = await this.#ask({ end: true })
    await this.stop()
    return digest
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #ask(message: object): Promise<string> {
    if (this.#failure) return Promise.reject(this.#failure)
    const answer = Promise.withResolvers<string>()
    this.#waiting.push(answer)
    this.#worker.ref()
    this.#worker.postMessage(message)
    return answer.promise.finally(() => {
      if (this.#waiting.length === 0) this.#worker.unref()
    })
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    for (const answer of this.#waiting.splice(0)) answer.reject(this.#failure)
  }
}
