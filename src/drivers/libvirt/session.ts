// A long-lived `virsh` for reads: a fifth of a millisecond of work instead of a process for each question.
import { randomUUID } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import { type LongProcess, spawnLong } from '../exec.ts'
import { reading } from './errors.ts'

export interface ReadSession {
  /** What virsh prints for one of the fixed commands. Throws `not_found`, `unavailable` or what virsh says. */
  read(command: ReadCommand, options?: { timeoutMs?: number }): Promise<string>
  close(): Promise<void>
}

/** The interactive virsh is a shell (text after `;` runs), so only these words, with UUIDs, may reach it. */
export type ReadCommand =
  | { words: 'list'; which: 'all' | 'running' | 'paused' | 'other' | 'shutoff' }
  | { words: 'names' }
  | { words: 'domstats' }
  | {
      words: 'domstate' | 'domstate --reason' | 'domblkerror' | 'dumpxml' | 'dumpxml --inactive'
      id: string
    }
  | { words: 'dominfo' | 'snapshot-list --name' | 'checkpoint-list --name'; id: string }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function assertUuid(id: string): string {
  if (!uuid.test(id)) throw new AppError('invalid', `'${id}' is not the UUID of a domain`)
  return id
}

const statsGroups = ['state', 'cpu-total', 'balloon', 'vcpu', 'interface', 'block']

function line(command: ReadCommand): string {
  if (command.words === 'domstats')
    return `domstats --list-active --nowait ${statsGroups.map((group) => `--${group}`).join(' ')}`
  if (command.words === 'names') return 'list --all --uuid --name'
  if (command.words === 'list')
    return `list --uuid --${command.which === 'all' ? 'all' : `state-${command.which}`}`
  const [verb, ...flags] = command.words.split(' ')
  return [verb, assertUuid(command.id), ...flags].join(' ')
}

export function openReadSession(uri: string, options: { timeoutMs?: number } = {}): ReadSession {
  const timeoutMs = options.timeoutMs ?? 10_000
  let child: Conversation | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let closed = false

  const ask = async (text: string, limitMs: number): Promise<string> => {
    if (closed) throw new AppError('unavailable', 'the hypervisor driver is closed')
    child ??= new Conversation(uri)
    const current = child
    try {
      return await current.ask(text, limitMs)
    } catch (error) {
      if (!(error instanceof Lost)) throw error
      if (child === current) child = undefined
      await current.stop()
      throw error
    }
  }

  /** A lost session is replaced once: libvirtd may just have been restarted. */
  const askTwice = (text: string, limitMs: number) =>
    ask(text, limitMs).catch((error: unknown) => {
      if (!(error instanceof Lost) || closed) throw error
      return ask(text, limitMs)
    })

  return {
    async read(command, options = {}) {
      const text = line(command)
      const limitMs = options.timeoutMs ?? timeoutMs
      const answer = turn
        .then(() => askTwice(text, limitMs))
        .catch((error: unknown) => Promise.reject(shown(error)))
      turn = answer.catch(() => undefined)
      return answer
    },
    async close() {
      closed = true
      await child?.stop()
    },
  }
}

/** The session itself failed: no answer, or its process has ended. */
class Lost extends Error {}

function shown(error: unknown): unknown {
  if (!(error instanceof Lost)) return error
  return reading(error.message, error) ?? new AppError('unavailable', error.message, { cause: error })
}

/** One interactive process. It echoes each command after its prompt; `echo --err` marks where an answer ends. */
class Conversation {
  readonly #process: LongProcess
  #out = ''
  #err = ''
  #notify: () => void = () => undefined
  #ended = false

  constructor(uri: string) {
    this.#process = spawnLong('virsh', ['-q', '-c', uri], {
      env: { VIRSH_HISTSIZE: '0' },
      onStderr: (text) => {
        this.#err += text
        this.#notify()
      },
    })
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
      this.#notify()
    })
    void this.#process.exited.then(() => {
      this.#ended = true
      this.#notify()
    })
  }

  async ask(command: string, timeoutMs: number): Promise<string> {
    const marker = randomUUID()
    this.#out = ''
    this.#err = ''
    this.#process.stdin.write(`${command}\necho --err ${marker}\n`)
    await this.#until(() => this.#err.includes(marker) && this.#out.includes(marker), timeoutMs)
    const errors = this.#err.slice(0, this.#err.indexOf(`error: ${marker}`)).trim()
    if (/^error: (Disconnected|.*Cannot recv data|.*client socket is closed)/m.test(errors))
      throw new Lost(errors)
    if (errors !== '') throw reading(errors) ?? new Error(`virsh ${command}: ${errors}`)
    return answer(this.#out, command, marker)
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  #until(ready: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Lost(`libvirt gave no answer within ${timeoutMs / 1000} s`))
      }, timeoutMs)
      this.#notify = () => {
        if (!ready() && !this.#ended) return
        clearTimeout(timer)
        if (ready()) resolve()
        else reject(new Lost(this.#err.trim() || 'virsh has ended'))
      }
      this.#notify()
    })
  }
}

/**
 * What stands between the echoed command and the echoed mark. Before the command may stand a prompt that came late.
 */
export function answer(out: string, command: string, marker: string): string {
  const begin = out.indexOf('\n', out.indexOf(command)) + 1
  const end = out.lastIndexOf('\n', out.indexOf(marker)) + 1
  return out.slice(begin, Math.max(begin, end))
}
