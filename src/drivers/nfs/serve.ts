// The worker's side: a store of files, called over pipes. It touches the mounted file system, and may hang with it.
import { statfs } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { AppError } from '../../core/errors.ts'
import type { ImageInspector, UploadTarget, VolumeStore } from '../../core/volumes.ts'
import { FrameReader, writeFrame } from './frames.ts'
import { probeExport } from './probe-export.ts'
import { errorToWire, type Reply, type Request } from './protocol.ts'

export interface ServeOptions {
  store: VolumeStore
  inspector: ImageInspector
  /** The mounted directory. */
  root: string
  /** Asks the server whether it is there; by default for the figures of the file system. */
  look?(): Promise<unknown>
  input: Readable
  output: Writable
}

interface Call {
  args: unknown[]
  bytes: Buffer
  progress(percent: number): void
  signal: AbortSignal
}

/** A result, and bytes that go beside it. */
type Answer = { result?: unknown; bytes?: Uint8Array }

const beatMs = 2_000
const chunkBytes = 1024 ** 2

/** Answers calls until the input ends. */
export async function serveStore(options: ServeOptions): Promise<void> {
  const { input, output, root, look = () => statfs(root) } = options
  const methods = createMethods({ ...options, look })
  const running = new Map<number, AbortController>()
  const send = (reply: Reply, bytes?: Uint8Array) => writeFrame(output, reply, bytes)
  const beat = setInterval(() => {
    if (running.size === 0) return
    // Asks the server; a lost one lets this hang, and the appliance hears nothing more.
    look().then(
      () => send({ alive: true }),
      () => undefined,
    )
  }, beatMs)
  const answer = async (call: number, method: string, given: Pick<Call, 'args' | 'bytes'>) => {
    const abort = new AbortController()
    running.set(call, abort)
    try {
      const act = Object.hasOwn(methods, method) ? methods[method] : undefined
      if (!act) throw new Error(`no method ${method}`)
      const progress = (percent: number) => void send({ call, percent })
      const { result = null, bytes } = await act({ ...given, progress, signal: abort.signal })
      await send({ call, result }, bytes)
    } catch (error) {
      await send({ call, error: errorToWire(error) })
    } finally {
      running.delete(call)
    }
  }
  const frames = new FrameReader<Request>()
  for await (const piece of input)
    for (const { header, bytes } of frames.push(piece as Buffer)) {
      if ('cancel' in header) running.get(header.cancel)?.abort(new Error('aborted'))
      else void answer(header.call, header.method, { args: header.args, bytes: Buffer.from(bytes) })
    }
  clearInterval(beat)
}

function createMethods(options: ServeOptions): Record<string, (call: Call) => Promise<Answer>> {
  return {
    ...plainMethods(options),
    ...longMethods(options.store),
    ...uploads(options.store),
    ...reads(options.store),
  }
}

/** Those whose arguments and results are data. */
const plain = [
  'probe',
  'usage',
  'list',
  'exists',
  'create',
  'clone',
  'resize',
  'relink',
  'importFile',
  'exportFile',
  'info',
  'quarantine',
  'undelete',
  'purge',
  'remove',
  'location',
] as const

export type PlainMethod = (typeof plain)[number]

function plainMethods({
  store,
  inspector,
  root,
  look,
}: ServeOptions): Record<string, (call: Call) => Promise<Answer>> {
  const own = Object.fromEntries(
    plain.map((name) => {
      const method = store[name]?.bind(store) as (...args: unknown[]) => Promise<unknown>
      return [name, async ({ args }: Call) => ({ result: await method(...args) })]
    }),
  )
  return {
    ...own,
    async ping() {
      await look?.()
      return {}
    },
    async probeExport({ args: [leastBytes] }) {
      await probeExport(root, Number(leastBytes))
      await store.probe()
      return {}
    },
    inspect: async ({ args: [path] }) => ({ result: await inspector.inspect(String(path)) }),
  }
}

/** Those that tell how far they are and can be aborted. */
function longMethods(store: VolumeStore): Record<string, (call: Call) => Promise<Answer>> {
  type Arguments = Parameters<VolumeStore['copy']>
  return {
    async copy({ args: [name, request], progress, signal }) {
      await store.copy(name as string, request as Arguments[1], progress, signal)
      return {}
    },
    async rebase({ args: [name, parent], progress, signal }) {
      await store.rebase(name as string, parent as string | null, progress, signal)
      return {}
    },
    async commit({ args: [name], progress, signal }) {
      await store.commit(name as string, progress, signal)
      return {}
    },
  }
}

function uploads(store: VolumeStore): Record<string, (call: Call) => Promise<Answer>> {
  const open = new Map<number, { target: UploadTarget; turn: Promise<unknown> }>()
  let handles = 0
  // One after the other, in the order in which they came.
  const inTurn = <T>(handle: unknown, act: (target: UploadTarget) => Promise<T>): Promise<T> => {
    const upload = open.get(Number(handle))
    if (!upload) throw new AppError('unavailable', 'the upload was cut: send it again from where it stands')
    const turn = upload.turn.then(() => act(upload.target))
    upload.turn = turn.catch(() => undefined)
    return turn
  }
  const last = async <T>(handle: unknown, act: (target: UploadTarget) => Promise<T>): Promise<T> => {
    const result = await inTurn(handle, act)
    open.delete(Number(handle))
    return result
  }
  return {
    async openUpload({ args: [name, whole] }) {
      // No size: no room is set aside, by a process that a server which does not answer would keep waiting.
      const target = await store.openUpload(name as string, whole === true ? 0 : undefined)
      open.set(++handles, { target, turn: Promise.resolve() })
      return { result: { handle: handles, writtenBytes: target.writtenBytes, path: target.path } }
    },
    uploadWrite: async ({ args: [handle], bytes }) => {
      await inTurn(handle, (target) => target.write(bytes))
      return {}
    },
    uploadSeal: async ({ args: [handle] }) => ({ result: await inTurn(handle, (target) => target.seal()) }),
    uploadFinish: async ({ args: [handle, name] }) => ({
      result: await last(handle, (target) => target.finish((name as string | null) ?? undefined)),
    }),
    uploadAbort: async ({ args: [handle] }) => ({ result: await last(handle, (target) => target.abort()) }),
    uploadSuspend: async ({ args: [handle] }) => ({
      result: await last(handle, (target) => target.suspend()),
    }),
  }
}

function reads(store: VolumeStore): Record<string, (call: Call) => Promise<Answer>> {
  const open = new Map<number, AsyncIterator<Uint8Array>>()
  let handles = 0
  return {
    async read({ args: [name, range] }) {
      const { stream, sizeBytes } = await store.read(
        name as string,
        (range as { start: number; end: number } | null) ?? undefined,
      )
      open.set(++handles, inChunks(stream))
      return { result: { handle: handles, sizeBytes } }
    },
    async readNext({ args: [handle] }) {
      const iterator = open.get(Number(handle))
      const next = await iterator?.next()
      if (next && !next.done) return { result: true, bytes: next.value }
      open.delete(Number(handle))
      return { result: false }
    },
    async readClose({ args: [handle] }) {
      const iterator = open.get(Number(handle))
      open.delete(Number(handle))
      await iterator?.return?.()
      return {}
    },
  }
}

async function* inChunks(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of stream)
    for (let at = 0; at < piece.byteLength; at += chunkBytes) yield piece.subarray(at, at + chunkBytes)
}
