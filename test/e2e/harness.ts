import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Envelope, envelopeOf, HttpClient, type Reply, waitFor } from '../lab/http.ts'
import { type Lab, type LabOptions, startLab } from '../lab/libvirt.ts'
import type { LabProcess } from '../lab/namespace.ts'
import { type ByteStream, webSocketStream } from '../lab/streams.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const port = 5870 // the lab's loopback is its own, so it cannot be taken

export type ApplianceOptions = {
  lab: Lab
  /** Added to the environment; `undefined` removes a name. */
  env?: Record<string, string | undefined>
  /** Added after `serve` and the harness's own flags. */
  args?: string[]
  /** The appliance's data directory; a fresh one under the lab's unless given. */
  dataDir?: string
  /** `https` serves with the certificate that the appliance makes for itself; `http` unless given. */
  scheme?: 'http' | 'https'
  /** Nobody is signed in, and no administrator is made: a person shall do that with the one-time code in `logs`. */
  unclaimed?: boolean
}

export const admin = { user: 'admin', password: 'lab-secret-1' }

/**
 * The program under test: the packaged binary, or the sources where no binary was built (a line says so).
 * NACELLE_TEST_FROM_SOURCE=1 chooses the sources although a binary is there.
 */
export async function program(): Promise<string[]> {
  const binary = join(repository, 'dist/nacelle')
  const fromSource = process.env['NACELLE_TEST_FROM_SOURCE'] === '1'
  const packaged =
    !fromSource &&
    (await access(binary).then(
      () => true,
      () => false,
    ))
  if (packaged) return [binary]
  process.stdout.write(
    `e2e: ${fromSource ? 'told to leave dist/nacelle' : 'no dist/nacelle'}: running src/main.ts\n`,
  )
  return [process.execPath, join(repository, 'src/main.ts')]
}

/** A running appliance in a lab, with a signed-in administrator. */
export class Appliance {
  readonly lab: Lab
  readonly dataDir: string
  /** The address outside the lab; it stays the same over restarts. */
  url = ''
  /** The administrator's session, good for `Authorization: Bearer` and for `Nano-Session`. */
  session = ''
  readonly #options: ApplianceOptions
  #process: LabProcess | undefined
  #log = ''

  constructor(options: ApplianceOptions) {
    this.#options = options
    this.lab = options.lab
    this.dataDir = options.dataDir ?? join(options.lab.dir, 'nacelle')
  }

  /** All that the appliance wrote to standard output and error, of every start. */
  get logs(): string {
    return this.#log
  }

  /** The pid as the machine sees it; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Starts the process and signs in. Resolves with the milliseconds from the start to the first answer. */
  async start(): Promise<number> {
    const begun = performance.now()
    const [command = '', ...words] = await program()
    const flags = ['--data-dir', this.dataDir, '--listen', `${this.#scheme}://127.0.0.1:${port}`]
    const args = [
      ...words,
      'serve',
      ...flags,
      '--libvirt-uri',
      'qemu:///system',
      ...(this.#options.args ?? []),
    ]
    const env = {
      ...(this.#options.unclaimed ? {} : { NACELLE_ADMIN_PASSWORD: admin.password }),
      ...this.#options.env,
    }
    const started = await this.lab.spawn(command, args, { env })
    this.#process = started
    for (const stream of [started.child.stdout, started.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString()
      })
    }
    this.url = await this.lab.url(port, this.#scheme)
    await this.#untilReady(started)
    const elapsedMs = performance.now() - begun
    if (!this.#options.unclaimed) await this.signIn()
    return elapsedMs
  }

  /** Makes a new administrator's session. */
  async signIn(): Promise<void> {
    const body = { ...admin, nonce: crypto.randomUUID() }
    const reply = await (await this.anonymous()).request('POST', '/api/v1/sessions/', { body })
    const envelope = envelopeOf(reply)
    if (envelope.error_code !== 0) throw new Error(`no session for ${admin.user}: ${envelope.message}`)
    this.session = (envelope.data as { session: string }).session
  }

  /** A client without credentials. */
  async anonymous(): Promise<HttpClient> {
    return new HttpClient({ baseUrl: this.url, ca: await this.#certificate() })
  }

  /** The raw answer to the administrator; a string path below `/api/v1`. */
  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const client = (await this.anonymous()).with({ authorization: `Bearer ${this.session}` })
    return client.request(method, `/api/v1${path}`, { body })
  }

  /** `data` of a successful answer; throws with status and message on any other. */
  async api<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    return this.#dataOf<T>(`${method} ${path}`, await this.call(method, path, body))
  }

  /** Uploads a file as the document's multipart form. */
  async upload<T = unknown>(path: string, field: string, file: string, method = 'POST'): Promise<T> {
    const client = (await this.anonymous()).with({ authorization: `Bearer ${this.session}` })
    return this.#dataOf<T>(`upload ${path}`, await client.upload(`/api/v1${path}`, field, file, { method }))
  }

  /** Opens a websocket below the root, for example `/monitor_channels/<id>`. */
  async webSocket(path: string, protocols = ['binary']): Promise<ByteStream> {
    return webSocketStream(`${this.url.replace('http', 'ws')}${path}`, {
      protocols,
      ca: await this.#certificate(),
    })
  }

  /** SIGKILL, in the middle of whatever it does; guests run on. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM; answers the exit code. */
  async stop(): Promise<number> {
    return this.#end('SIGTERM')
  }

  /** Ends it (SIGTERM unless it was killed already), starts it again on the same data, signs in again. */
  async restart(): Promise<number> {
    if (this.#process) await this.stop()
    return this.start()
  }

  get #scheme(): 'http' | 'https' {
    return this.#options.scheme ?? 'http'
  }

  /** The authority that the appliance made at its first start. */
  async #certificate(): Promise<string | undefined> {
    if (this.#scheme === 'http') return undefined
    return readFile(join(this.dataDir, 'tls/ca.pem'), 'utf8')
  }

  #dataOf<T>(what: string, reply: Reply): T {
    const envelope: Envelope = envelopeOf(reply)
    if (reply.status >= 400 || envelope.error_code !== 0)
      throw new Error(`${what}: HTTP ${reply.status}, error ${envelope.error_code}: ${envelope.message}`)
    return envelope.data as T
  }

  async #untilReady(started: LabProcess): Promise<void> {
    let exitCode: number | undefined
    void started.ended.then((code) => {
      exitCode = code
    })
    const probe = async () => {
      if (exitCode !== undefined) return 'ended'
      const reply = await (await this.anonymous()).request('GET', '/readyz', { timeoutMs: 5000 })
      return reply.status === 200 ? 'ready' : undefined
    }
    const failed = (error: unknown) =>
      new Error(`the appliance did not get ready:\n${this.#log}`, { cause: error })
    const outcome = await waitFor('answer of /readyz', probe, { timeoutMs: 180_000, everyMs: 50 }).catch(
      (error: unknown) => {
        throw failed(error)
      },
    )
    if (outcome === 'ended') throw failed(new Error(`it exited with ${exitCode}`))
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number> {
    const running = this.#process
    if (!running) throw new Error('the appliance does not run')
    this.#process = undefined
    running.kill(signal)
    return running.ended
  }
}

/** Starts the appliance in a lab and waits until it is ready and an administrator is signed in. */
export async function startAppliance(options: ApplianceOptions): Promise<Appliance> {
  const appliance = new Appliance(options)
  await appliance.start()
  return appliance
}

/** A lab with an appliance in it, for tests that need no more; `stop` ends both. */
export async function startBoth(
  options: LabOptions & Omit<ApplianceOptions, 'lab'> = {},
): Promise<{ lab: Lab; appliance: Appliance; stop: () => Promise<void> }> {
  const lab = await startLab({ stock: options.stock })
  try {
    const appliance = await startAppliance({ ...options, lab })
    return { lab, appliance, stop: () => lab.stop() }
  } catch (error) {
    await lab.stop()
    throw error
  }
}
