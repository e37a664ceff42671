// What an operator does with the program itself: starting it, its commands, its signals, and what is scraped of it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import SqliteDatabase from 'better-sqlite3'
import { envelopeOf, HttpClient, waitFor } from '../lab/http.ts'
import { type Lab, startLab } from '../lab/libvirt.ts'
import type { LabProcess } from '../lab/namespace.ts'
import { buildTinyGuest } from '../lab/tiny-guest.ts'
import { Appliance, admin, program } from './harness.ts'
import * as life from './life.ts'
import { subscribe } from './subscriber.ts'

const https = 'https://127.0.0.1:5870'
let lab: Lab
let words: string[]
let dataDir: string
let config: string

before(async () => {
  lab = await startLab()
  words = await program()
  dataDir = join(lab.dir, 'nacelle')
  config = join(lab.dir, 'nacelle.toml')
  await writeFile(config, 'log_format = "json"\n')
})
after(() => lab?.stop())

/** Runs the program to its end. */
const cli = (...args: string[]) => {
  const [command = '', ...first] = words
  const env = { NACELLE_ADMIN_PASSWORD: undefined }
  return lab.exec(command, [...first, ...args], { env, allowFailure: true, timeoutMs: 60_000 })
}

/** Starts it by hand, and waits until its standard output shows the pattern. */
async function serveUntil(
  pattern: RegExp,
  ...args: string[]
): Promise<{ served: LabProcess; shown: string }> {
  const [command = '', ...first] = words
  const served = await lab.spawn(command, [...first, 'serve', ...args], {
    env: { NACELLE_ADMIN_PASSWORD: undefined },
  })
  let shown = ''
  let errors = ''
  served.child.stdout?.on('data', (chunk: Buffer) => (shown += chunk))
  served.child.stderr?.on('data', (chunk: Buffer) => (errors += chunk))
  await waitFor(`${pattern} on standard output`, async () => pattern.test(shown) || undefined).catch(
    (cause: unknown) => {
      throw new Error(`not shown: ${shown}${errors}`, { cause })
    },
  )
  return { served, shown }
}

describe('the command line', () => {
  test('plain HTTP beyond loopback needs a word of consent', async () => {
    const options = ['--data-dir', join(lab.dir, 'plain'), '--listen', 'http://0.0.0.0:5871']
    const refused = await cli('serve', ...options)
    assert.notEqual(refused.exitCode, 0)
    assert.match(refused.stderr, /http:\/\/0\.0\.0\.0:5871.*--insecure/s)
    const { served } = await serveUntil(/listens on http:\/\/0\.0\.0\.0:5871/, ...options, '--insecure')
    served.kill('SIGTERM')
    assert.equal(await served.ended, 0)
  })

  test('an unknown key of the configuration is named, with its file', async () => {
    const path = join(lab.dir, 'wrong.toml')
    await writeFile(path, 'listen_on = "https://0.0.0.0:1"\n')
    const { exitCode, stderr } = await cli('serve', '--config', path, '--data-dir', join(lab.dir, 'plain'))
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /listen_on/)
    assert.ok(stderr.includes(path), stderr)
    assert.doesNotMatch(stderr, /\n\s+at /)
  })

  test('commands that need an appliance say where they looked', async () => {
    const nowhere = join(lab.dir, 'nowhere')
    for (const command of [
      ['task', 'list'],
      ['journal', 'verify'],
      ['user', 'reset-password', 'admin'],
    ]) {
      const { exitCode, stderr } = await cli(...command, '--data-dir', nowhere)
      assert.equal(exitCode, 1, command.join(' '))
      assert.ok(stderr.includes(nowhere), stderr)
    }
  })
})

test('the first start shows lines that work as they are, and a code that works once', async () => {
  const options = ['--config', config, '--data-dir', dataDir, '--listen', https]
  const { served, shown } = await serveUntil(/"password":"…"/, ...options)
  const shell = async (line: string) => JSON.parse((await lab.exec('sh', ['-c', line])).stdout)

  const look = /^\s*API {2}(curl --cacert .*)$/m.exec(shown)?.[1] ?? ''
  assert.equal((await shell(`${look} --silent`)).data.ready, false, look)

  const setUp = /^\s*(curl --cacert .* -d .*)$/m.exec(shown)?.[1] ?? ''
  const code = /one-time code (\S+):/.exec(shown)?.[1] ?? 'none'
  const chosen = `${setUp} --silent`.replace('…', admin.password)
  const wrong = await shell(chosen.replaceAll(code, 'not-the-code'))
  assert.notEqual(wrong.error_code, 0)
  assert.doesNotMatch(JSON.stringify(wrong), new RegExp(admin.password))
  assert.equal((await shell(chosen)).error_code, 0)
  assert.equal((await shell(`${look} --silent`)).data.ready, true)
  assert.notEqual((await shell(chosen)).error_code, 0)

  const second = await cli('serve', '--data-dir', dataDir, '--listen', 'http://127.0.0.1:5872')
  assert.notEqual(second.exitCode, 0)
  assert.match(second.stderr, /another nacelle is running on /)
  served.kill('SIGTERM')
  assert.equal(await served.ended, 0)
})

describe('a running appliance', () => {
  let appliance: Appliance
  let image: { id: string; path: string; size: number; sha256: string }
  let upload = ''

  before(async () => {
    appliance = new Appliance({
      lab,
      dataDir,
      scheme: 'https',
      env: { NACELLE_ADMIN_PASSWORD: undefined },
      args: ['--config', config],
    })
    await appliance.start()
    const path = await buildTinyGuest({ serial: 'login' })
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    const { id } = await appliance.api<{ id: string }>('POST', '/disk_images/', {
      name: 'tiny',
      owner: 'admin',
      group: 'manager',
    })
    image = { id, path, size: (await stat(path)).size, sha256 }
  })

  test('plain HTTP on its port is led to HTTPS, or told of it', async () => {
    const plain = new HttpClient({ baseUrl: await lab.url(5870, 'http') })
    const read = await plain.request('GET', '/api/v1/system/?x=1')
    assert.equal(read.status, 307)
    assert.equal(read.headers.location, `${appliance.url}/api/v1/system/?x=1`)
    const written = await plain.request('POST', '/api/v1/sessions/', { body: admin })
    assert.equal(written.status, 400)
    assert.ok(written.text.includes(`${appliance.url}/api/v1/sessions/`), written.text)
  })

  test('its probes and figures', async () => {
    const anyone = await appliance.anonymous()
    assert.equal((await anyone.request('GET', '/healthz')).text, 'alive\n')
    const ready = await anyone.request('GET', '/readyz')
    assert.equal(ready.status, 200)
    const { checks } = JSON.parse(ready.text) as { checks: Record<string, string> }
    assert.deepEqual(Object.keys(checks).sort(), ['appliance', 'database', 'hypervisor', 'state_disk'])
    assert.deepEqual([...new Set(Object.values(checks))], ['ok'])
    const scraped = await anyone
      .with({ authorization: `Bearer ${appliance.session}` })
      .request('GET', '/metrics')
    assert.equal(scraped.status, 200)
    assert.match(scraped.text, /^nacelle_http_request_duration_seconds_count\{.*route=".*"/m)
    assert.match(scraped.text, /^# TYPE nacelle_\w+ gauge/m)
  })

  test('SIGHUP reads the log level again', async () => {
    const debugLines = () => appliance.logs.split('\n').filter((line) => line.includes('"level":"debug"'))
    assert.deepEqual(debugLines(), [])
    await writeFile(config, 'log_format = "json"\nlog_level = "debug"\n')
    process.kill(appliance.pid ?? 0, 'SIGHUP')
    await waitFor('new level', async () => /"logLevel":"debug"/.test(appliance.logs) || undefined)
    await appliance.api('GET', '/compute_pools/')
    await waitFor('debug lines', async () => debugLines().length > 0 || undefined)
    await writeFile(config, 'log_format = "json"\nlog_lvel = "info"\n')
    process.kill(appliance.pid ?? 0, 'SIGHUP')
    await waitFor('complaint', async () => /log_lvel/.test(appliance.logs) || undefined)
    await writeFile(config, 'log_format = "json"\n')
    process.kill(appliance.pid ?? 0, 'SIGHUP')
  })

  /** Sends the bytes from `from` to `to`; the half of them only once `held` is over. */
  async function send(from: number, to: number, held: Promise<void> = Promise.resolve()) {
    async function* bytes() {
      const file = await open(image.path)
      try {
        const half = Math.floor((to - from) / 2)
        yield (await file.read(Buffer.alloc(half), 0, half, from)).buffer
        await held
        yield (await file.read(Buffer.alloc(to - from - half), 0, to - from - half, from + half)).buffer
      } finally {
        await file.close()
      }
    }
    const client = (await appliance.anonymous()).with({
      authorization: `Bearer ${appliance.session}`,
      'upload-offset': String(from),
    })
    const body = Readable.from(bytes(), { objectMode: false })
    return client.request('PATCH', `/api/v1/uploads/${upload}`, { body })
  }
  const offset = async () => (await appliance.api<{ offset: number }>('GET', `/uploads/${upload}`)).offset

  test('an upload outlives a kill in the middle of a part', async () => {
    const { id: of, size, sha256 } = image
    upload = (await appliance.api<{ id: string }>('POST', '/uploads/', { image: of, size, sha256 })).id
    assert.equal((await send(0, 4 << 20)).status, 200)
    const held = Promise.withResolvers<void>()
    const cut = send(4 << 20, 8 << 20, held.promise).catch(() => 'cut')
    await delay(500)
    await appliance.kill9()
    held.resolve()
    assert.equal(await cut, 'cut')
    await appliance.start()
    assert.ok((await offset()) >= 4 << 20)
  })

  test('SIGTERM waits for a request that is under way', async () => {
    const held = Promise.withResolvers<void>()
    const part = send(await offset(), 12 << 20, held.promise)
    await delay(300)
    const ended = appliance.stop()
    await delay(500)
    held.resolve()
    const reply = await part
    assert.equal(reply.status, 200, reply.text)
    assert.equal(await ended, 0)
    await appliance.start()
    assert.equal(await offset(), 12 << 20)
    const last = await send(12 << 20, image.size)
    assert.equal(last.status, 200, last.text)
    const found = await appliance.api<{ created: boolean }>('GET', `/disk_images/${image.id}`)
    assert.equal(found.created, true)
  })

  let guest = ''
  test('two subscribers see a guest come and change', async () => {
    const both = [await subscribe(appliance), await subscribe(appliance)]
    guest = await life.createGuest(appliance, life.createBody('prog1', { from_image: image.id }))
    await appliance.api('PUT', `/guests/${guest}/name/`, { name: 'prog2' })
    for (const { until } of both) {
      await until(new RegExp(`"table":"guest","key":"${guest}","kind":"created"`))
      await until(new RegExp(`"table":"guest","key":"${guest}","kind":"changed"`))
    }
    for (const { close } of both) close()
  })

  test('a guest runs on while the appliance is away', async () => {
    await appliance.api('POST', `/instances/${guest}`, {})
    assert.equal(await appliance.stop(), 0)
    assert.equal(await lab.virsh('domstate', guest), 'running')
    await appliance.start()
    assert.equal((await life.instance(appliance, guest)).running, true)
    await appliance.api('DELETE', `/instances/${guest}`, { reboot: false, force: true })
  })

  test('tasks are listed and shown', async () => {
    assert.match((await cli('task', 'list', '--data-dir', dataDir)).stdout, /^No task is running\.$/m)
    const all = await cli('task', 'list', '--all', '--data-dir', dataDir)
    const line = all.stdout.split('\n').find((text) => text.includes('Create guest prog1')) ?? all.stdout
    assert.match(line, /done +100 %/)
    const shown = await cli('task', 'show', line.split(' ')[0] ?? '', '--data-dir', dataDir)
    assert.match(shown.stdout, /define: succeeded/)
  })

  const session = async (password: string) => {
    const body = { user: 'ops', password, nonce: crypto.randomUUID() }
    return (await appliance.anonymous()).request('POST', '/api/v1/sessions/', { body })
  }
  const reset = async () => {
    const { stdout, stderr } = await cli('user', 'reset-password', 'ops', '--data-dir', dataDir)
    return /^The new password of 'ops' is (\S+)$/m.exec(stdout)?.[1] ?? assert.fail(stdout + stderr)
  }

  test('a forgotten password is reset, running or not', async () => {
    await appliance.api('POST', '/users/ops', { password: 'ops-secret-1' })
    await appliance.api('POST', '/user_groups/manager/members/ops', {})
    const old = envelopeOf(await session('ops-secret-1')).data as { session: string }
    const online = await reset()
    assert.equal((await session('ops-secret-1')).status, 401)
    assert.equal((await session(online)).status, 200)
    const stale = (await appliance.anonymous()).with({ authorization: `Bearer ${old.session}` })
    assert.equal((await stale.request('GET', '/api/v1/compute_pools/')).status, 401)
    await appliance.stop()
    const offline = await reset()
    assert.notEqual(offline, online)
    await appliance.start()
    assert.equal((await session(online)).status, 401)
    assert.equal((await session(offline)).status, 200)
    assert.equal((await cli('user', 'reset-password', 'nobody', '--data-dir', dataDir)).exitCode, 1)
  })

  test('the journal is whole, until somebody changes it', async () => {
    const verify = () => cli('journal', 'verify', '--data-dir', dataDir)
    const whole = await verify()
    assert.equal(whole.exitCode, 0, whole.stderr)
    assert.match(whole.stdout, /^The journal is whole: \d+ revisions, the last one [0-9a-f]{64}$/m)
    await appliance.stop()
    const database = new SqliteDatabase(join(dataDir, 'nacelle.db'))
    database.prepare(`UPDATE revision SET who = 'somebody else' WHERE revision = 3`).run()
    database.close()
    const broken = await verify()
    assert.equal(broken.exitCode, 2)
    assert.match(broken.stdout, /changed at revision 3: /)
  })
})
