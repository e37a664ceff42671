import type { ByteStream } from './streams.ts'

type Waiting = { pattern: RegExp; resolve: (text: string) => void; reject: (error: Error) => void }

/** Reads a serial console as `expect` does: what was matched is consumed, what comes later stays. */
export class SerialConsole {
  readonly #stream: ByteStream
  #text = ''
  #transcript = ''
  #closed = false
  #waiting: Waiting | undefined

  constructor(stream: ByteStream) {
    this.#stream = stream
    stream.onData((data) => this.#take(data.toString('latin1')))
    stream.onClose(() => {
      this.#closed = true
      this.#waiting?.reject(new Error(`the console closed; it said: ${this.tail()}`))
    })
  }

  /** All that was read since the beginning. */
  get transcript(): string {
    return this.#transcript
  }

  /** The last thousand characters read, for messages. */
  tail(): string {
    return JSON.stringify(this.#transcript.slice(-1000))
  }

  /** Waits for the pattern and answers the text up to its end. One call at a time. */
  async expect(pattern: RegExp, timeoutMs = 10_000): Promise<string> {
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<string>((resolve, reject) => {
        if (this.#closed && !pattern.test(this.#text)) return reject(new Error('the console is closed'))
        this.#waiting = { pattern, resolve, reject }
        const late = () =>
          reject(new Error(`no ${pattern} in ${timeoutMs} ms; the console said: ${this.tail()}`))
        timer = setTimeout(late, timeoutMs)
        this.#look()
      })
    } finally {
      clearTimeout(timer)
      this.#waiting = undefined
    }
  }

  send(text: string): void {
    this.#stream.write(Buffer.from(text, 'latin1'))
  }

  /**
   * Logs in at a `login:` prompt, pressing return if none is shown yet. Answers whether the password was
   * accepted; on acceptance the shell's prompt has been read.
   */
  async login(user: string, password: string, timeoutMs = 90_000): Promise<boolean> {
    if (!/login: $/.test(this.#text)) this.send('\r')
    await this.expect(/login: $/, timeoutMs)
    this.send(`${user}\r`)
    await this.expect(/[Pp]assword: ?$/, timeoutMs)
    this.send(`${password}\r`)
    const answer = await this.expect(/incorrect|[#$] $/, timeoutMs)
    return !answer.endsWith('incorrect')
  }

  /** Runs a command at a shell prompt and answers its output (both streams), trimmed. */
  async run(command: string, timeoutMs = 10_000): Promise<string> {
    // The quotes keep the echo of the line, which may be wrapped, from looking like the marks.
    this.send(`echo "be""gin:"; ${command}; echo "do""ne:$?:"\r`)
    const text = await this.expect(/done:\d+:/, timeoutMs)
    await this.expect(/[#$] $/, timeoutMs)
    const output = text.slice(text.indexOf('begin:') + 'begin:'.length)
    return output
      .replace(/done:\d+:$/, '')
      .replaceAll('\r', '')
      .trim()
  }

  close(): void {
    this.#stream.close()
  }

  #take(text: string): void {
    // Shells ask the terminal for its cursor; nobody answers here, and a prompt should end with its blank.
    this.#text = (this.#text + text).replaceAll('\x1b[6n', '')
    this.#transcript += text
    this.#look()
  }

  #look(): void {
    const match = this.#waiting?.pattern.exec(this.#text)
    if (!match || !this.#waiting) return
    const end = match.index + match[0].length
    const consumed = this.#text.slice(0, end)
    this.#text = this.#text.slice(end)
    const { resolve } = this.#waiting
    this.#waiting = undefined
    resolve(consumed)
  }
}
