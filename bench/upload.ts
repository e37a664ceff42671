// An image uploaded through the API against `cat` with fsync to the same disk, in turns; the ratio is what counts.
//   node bench/upload.ts [MiB] [directory]
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { type ClientRequest, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const mib = 1024 ** 2
const sizeBytes = Number(process.argv[2] ?? 2048) * mib
const rounds = 3
/** As long as those of curl and of browsers. */
const boundary = '------------------------3d1f5a0c9be27486'

interface Server {
  url: string
  pid: number
  child: ChildProcess
}

const directory = await mkdtemp(join(process.argv[3] ?? tmpdir(), 'nacelle-bench-'))
let child: ChildProcess | undefined
try {
  const source = join(directory, 'source')
  await writeSource(source)
  const server = await startServer(join(directory, 'pool'))
  child = server.child
  await upload(server, source, 64 * mib)
  const idleBytes = await residentBytes(server.pid)
  const growth = watchGrowth(server.pid, idleBytes)
  const seconds = { form: [] as number[], bare: [] as number[], cat: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    seconds.cat.push(await catAndSync(source, join(directory, 'copy')))
    seconds.form.push(await upload(server, source, sizeBytes, 'form'))
    seconds.bare.push(await upload(server, source, sizeBytes, 'bare'))
  }
  const grownMib = Math.round(growth.stop() / mib)
  const best = (values: number[]) => Math.min(...values)
  const rate = (values: number[]) => `${Math.round(sizeBytes / mib / best(values))} MiB/s`
  console.log(`cat and fsync: ${rate(seconds.cat)} (${seconds.cat.map((s) => s.toFixed(2)).join(', ')} s)`)
  for (const kind of ['form', 'bare'] as const) {
    const ratio = best(seconds.cat) / best(seconds[kind])
    const all = seconds[kind].map((s) => s.toFixed(2)).join(', ')
    console.log(
      `upload, ${kind}: ${rate(seconds[kind])} (${all} s), ratio ${ratio.toFixed(2)} (aim: at least 0.7)`,
    )
  }
  console.log(
    `memory: grew by ${grownMib} MiB above ${Math.round(idleBytes / mib)} MiB (aim: at most 32 MiB)`,
  )
} finally {
  child?.kill()
  await rm(directory, { recursive: true })
}

/** Bytes that do not repeat, so that no layer can shorten the way. */
async function writeSource(path: string): Promise<void> {
  const file = await open(path, 'w')
  const block = Buffer.alloc(mib)
  for (let written = 0; written < sizeBytes; written += mib) {
    for (let at = 0; at < mib; at += 8) block.writeDoubleLE(Math.random(), at)
    await file.write(block)
  }
  await file.sync()
  await file.close()
}

async function startServer(pool: string): Promise<Server> {
  const process_ = spawn(process.execPath, [join(import.meta.dirname, 'upload-server.ts'), pool], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(process_.stdout!), 'line')
  return { ...(JSON.parse(String(line)) as { url: string; pid: number }), child: process_ }
}

async function catAndSync(source: string, target: string): Promise<number> {
  const started = performance.now()
  const file = await open(target, 'w')
  const cat = spawn('cat', [source], { stdio: ['ignore', file.fd, 'inherit'] })
  await once(cat, 'exit')
  await file.sync()
  const seconds = (performance.now() - started) / 1000
  await file.close()
  await rm(target)
  return seconds
}

async function upload(
  server: Server,
  source: string,
  bytes: number,
  kind: 'form' | 'bare' = 'form',
): Promise<number> {
  const record = { name: `bench-${Math.random()}`, owner: 'admin', group: 'manager' }
  const id = (await call(server, 'POST', '/media_images', JSON.stringify(record))).id
  const started = performance.now()
  await send(server, `/media_images/${id}/file`, { source, bytes, kind })
  const seconds = (performance.now() - started) / 1000
  await call(server, 'DELETE', `/media_images/${id}`)
  await rm(join(directory, 'pool', '.quarantine'), { recursive: true })
  await mkdir(join(directory, 'pool', '.quarantine'), { mode: 0o700 })
  return seconds
}

async function call(server: Server, method: string, path: string, body?: string): Promise<{ id: string }> {
  const response = await fetch(server.url + path, { method, body, headers: { authorization: 'Bearer main' } })
  const answer = (await response.json()) as { data: { id: string }; message: string }
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.message}`)
  return answer.data
}

async function send(
  server: Server,
  path: string,
  what: { source: string; bytes: number; kind: 'form' | 'bare' },
): Promise<void> {
  const head =
    what.kind === 'form'
      ? `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="x.iso"\r\nContent-Type: application/octet-stream\r\n\r\n`
      : ''
  const tail = what.kind === 'form' ? `\r\n--${boundary}--\r\n` : ''
  const type = what.kind === 'form' ? `multipart/form-data; boundary=${boundary}` : 'application/octet-stream'
  const sending = request(server.url + path, {
    method: 'POST',
    headers: {
      authorization: 'Bearer main',
      'content-type': type,
      'content-length': head.length + what.bytes + tail.length,
    },
  })
  const answered = once(sending, 'response')
  sending.write(head)
  await sendFile(sending, what.source, what.bytes)
  sending.end(tail)
  const [response] = await answered
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 200) throw new Error(`upload answered ${response.statusCode}`)
}

// A few buffers in turn: a client that makes a new one for each piece would take the time that is to be measured.
async function sendFile(sending: ClientRequest, source: string, bytes: number): Promise<void> {
  const file = await open(source)
  const buffers = Array.from({ length: 4 }, () => ({ bytes: Buffer.alloc(mib / 2), sent: Promise.resolve() }))
  for (let at = 0, turn = 0; at < bytes; turn++) {
    const buffer = buffers[turn % buffers.length]!
    await buffer.sent
    const { bytesRead } = await file.read(buffer.bytes, 0, Math.min(buffer.bytes.length, bytes - at), at)
    at += bytesRead
    buffer.sent = new Promise((resolve) =>
      sending.write(buffer.bytes.subarray(0, bytesRead), () => resolve()),
    )
  }
  await Promise.all(buffers.map((buffer) => buffer.sent))
  await file.close()
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

function watchGrowth(pid: number, idleBytes: number): { stop(): number } {
  let highest = idleBytes
  const timer = setInterval(async () => {
    highest = Math.max(highest, await residentBytes(pid).catch(() => 0))
  }, 50)
  return {
    stop() {
      clearInterval(timer)
      return highest - idleBytes
    },
  }
}
