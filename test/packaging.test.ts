// The executable alone is enough: no working tree, no environment, no HOME, no writable directory of its own.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../src/config.ts'
import { finish, start, type World } from './support/isolation.ts'

const root = join(import.meta.dirname, '..')
const built = join(root, 'dist/nacelle')
const needsRoot = process.getuid?.() === 0 ? false : 'needs root for mount namespaces'

// Not in /tmp, which some of the worlds cover.
const place = mkdtempSync('/var/tmp/nacelle-packaging-')
const binary = join(place, 'nacelle')
const probe = join(place, 'probe')
const empty = join(place, 'empty')

before(() => {
  assert.ok(existsSync(built), 'dist/nacelle is not there; run ./build.sh first')
  chmodSync(place, 0o755)
  copyFileSync(built, binary)
  mkdirSync(empty)
  buildProbe()
})

after(() => rmSync(place, { recursive: true, force: true }))

const worlds: [name: string, world: World][] = [
  ['in an empty read-only directory, without environment', { readOnly: [empty], cwd: empty }],
  ['as an unprivileged user without HOME', { unprivileged: true, readOnly: [empty], cwd: empty }],
  [
    'where HOME does not exist',
    { unprivileged: true, env: { HOME: '/nonexistent' }, readOnly: [empty], cwd: empty },
  ],
  ['with a read-only /tmp', { unprivileged: true, readOnly: [empty, '/tmp'], cwd: empty }],
  ['without its working tree', { readOnly: [root], cwd: '/' }],
]

describe('the executable', { skip: needsRoot }, () => {
  for (const [name, world] of worlds) {
    test(`says its version ${name}`, async () => {
      const { status, stdout, stderr } = await finish(world, [binary, 'version'])
      assert.equal(status, 0, stderr)
      assert.match(stdout, /\b0\.1\.0\b/)
    })

    test(`examines the host ${name}`, async () => {
      const { status, stdout, stderr } = await finish(world, [binary, 'doctor', '--json'])
      // 2 says that the host has faults, which here it may; anything else would be a fault of the executable.
      assert.ok(status !== null && status <= 2, `exit ${status}: ${stderr}`)
      assert.ok(typeof JSON.parse(stdout) === 'object')
    })
  }

  test('serves as root from an empty read-only directory, and ends when told', async () => {
    const before = addonDirectories()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const data = join(place, 'data')
    const options = ['--data-dir', data, '--listen', url, '--libvirt-uri', 'test:///default']
    const child = start({ readOnly: [empty, '/root'], cwd: empty }, [binary, 'serve', ...options])
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    const ended = once(child, 'close')
    try {
      const health = await answer(`${url}/healthz`, child, () => output)
      assert.equal(health.status, 200)
      const page = await fetch(`${url}/ui/`)
      const text = await page.text()
      assert.match(text, /<title>Nacelle<\/title>/)
      assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/)
      const script = url + /src="(\/ui\/assets\/[^"]+\.js)"/.exec(text)?.[1]
      // Node asks for brotli by itself only over TLS.
      const entry = await fetch(script, { headers: { 'accept-encoding': 'br' } })
      assert.match(entry.headers.get('content-type') ?? '', /^text\/javascript/)
      assert.equal(entry.headers.get('content-encoding'), 'br')
      assert.ok(existsSync(data), 'no state was made in the data directory')
    } finally {
      child.kill('SIGTERM')
    }
    const [status] = await ended
    assert.equal(status, 0, output)
    assert.deepEqual(addonDirectories(), before)
  })
})

describe('what is embedded', { skip: needsRoot }, () => {
  const barren = ['/tmp', '/dev/shm', '/run']
  const more: [string, World][] = [
    ...worlds,
    [
      'where only the data directory allows execution',
      { noExecution: barren, env: { NACELLE_DATA_DIR: empty }, cwd: '/' },
    ],
    [
      'where TMPDIR forbids execution',
      { unprivileged: true, noExecution: ['/tmp'], env: { TMPDIR: '/tmp' }, cwd: '/' },
    ],
  ]
  for (const [name, world] of more) {
    test(`works ${name}`, async () => {
      const { status, stdout, stderr } = await finish(world, [probe])
      assert.equal(status, 0, stderr)
      const { version, migrations, ...rest } = JSON.parse(stdout)
      assert.deepEqual(rest, {
        packaged: true,
        sum: 42,
        terminal: 'through a terminal',
        page: true,
        sources: [],
        outside: null,
      })
      assert.equal(version.node, process.versions.node)
      assert.equal(migrations, readdirSync(join(root, 'migrations')).length)
      assert.deepEqual(readdirSync(empty), [])
    })
  }

  test('says what to do where nothing at all allows loading', async () => {
    const world = { readOnly: barren, env: { NACELLE_DATA_DIR: '/proc' }, cwd: '/' }
    const { status, stderr } = await finish(world, [probe])
    assert.notEqual(status, 0)
    assert.match(stderr, /set TMPDIR to a directory/)
  })
})

describe('installation', () => {
  const destination = join(place, 'destination')
  const paths = {
    binary: join(destination, 'usr/local/bin/nacelle'),
    unit: join(destination, 'usr/local/lib/systemd/system/nacelle.service'),
    guests: join(destination, 'usr/local/lib/systemd/system/nacelle-guests.service'),
    configuration: join(destination, 'etc/nacelle/nacelle.toml'),
    state: join(destination, 'var/lib/nacelle'),
  }

  test('puts binary, unit, configuration and state in place, and again', () => {
    for (let round = 0; round < 2; round++) buildSh('install', destination)
    assert.equal(statSync(paths.binary).mode & 0o777, 0o755)
    assert.equal(statSync(paths.unit).mode & 0o777, 0o644)
    assert.equal(statSync(paths.guests).mode & 0o777, 0o644)
    assert.equal(statSync(paths.configuration).mode & 0o777, 0o640)
    assert.equal(statSync(paths.state).mode & 0o777, 0o711)
  })

  test('brings a configuration that changes no default', () => {
    assert.deepEqual(loadConfig({ config: paths.configuration }, {}), loadConfig({ config: '/dev/null' }, {}))
  })

  test('keeps a changed configuration', () => {
    writeFileSync(paths.configuration, 'log_level = "debug"\n')
    buildSh('install', destination)
    assert.equal(readFileSync(paths.configuration, 'utf8'), 'log_level = "debug"\n')
  })

  test('is undone without touching state and configuration, and again', () => {
    writeFileSync(join(paths.state, 'disk.qcow2'), 'a guest')
    for (let round = 0; round < 2; round++) buildSh('uninstall', destination)
    assert.ok(!existsSync(paths.binary))
    assert.ok(!existsSync(paths.unit))
    assert.ok(!existsSync(paths.guests))
    assert.ok(existsSync(paths.configuration))
    assert.equal(readFileSync(join(paths.state, 'disk.qcow2'), 'utf8'), 'a guest')
  })
})

describe('the units', () => {
  const unit = readFileSync(join(root, 'systemd/nacelle.service'), 'utf8')
  const guests = readFileSync(join(root, 'systemd/nacelle-guests.service'), 'utf8')

  test('are accepted by systemd', () => {
    const files = Object.entries({ nacelle: unit, 'nacelle-guests': guests }).map(([name, text]) => {
      const file = join(place, `${name}.service`)
      writeFileSync(file, text.replaceAll('/usr/local/bin/nacelle', binary))
      return file
    })
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' })
    assert.equal(stderr, '')
    assert.equal(status, 0)
  })

  test('stop the guests before all that they need, and only with the host', () => {
    const after = [...guests.matchAll(/^After=(.*)$/gm)].flatMap((match) => match[1]?.split(' ') ?? [])
    for (const needed of ['nacelle.service', 'libvirtd.service', 'libvirt-guests.service', 'network.target'])
      assert.ok(after.includes(needed), needed)
    // Bound to the appliance, its restart would stop every guest.
    assert.doesNotMatch(guests, /^(Requires|Requisite|BindsTo|PartOf|Upholds)=/m)
    const command = /^ExecStop=\/usr\/local\/bin\/(.*)$/m.exec(guests)?.[1] ?? ''
    const { status, stdout } = spawnSync(binary, [...command.split(' ').slice(1), '--help'], {
      encoding: 'utf8',
    })
    assert.equal(status, 0)
    assert.match(stdout, /stop the running guests in order/)
  })

  test('make no mount namespace, and allow compiled JavaScript and devices', () => {
    const forbidden =
      /^(Protect(?!Kernel$)\w+|Private\w+|Read\w+Paths|InaccessiblePaths|Bind\w*Paths|TemporaryFileSystem|Root\w+|DynamicUser|MountFlags|MemoryDenyWriteExecute|Device(Allow|Policy)|ExecPaths|NoExecPaths)=/m
    for (const text of [unit, guests]) assert.doesNotMatch(text, forbidden)
  })
})

function buildProbe(): void {
  const stripped = join(root, `dist/node-${process.version}-stripped`)
  const node = existsSync(stripped) ? stripped : process.execPath
  const script = join(root, 'src/packaging/build/build.ts')
  const entry = join(root, 'test/support/addon-probe.ts')
  execFileSync(process.execPath, [script, '--node', node, '--entry', entry, '--out', probe], {
    stdio: 'pipe',
  })
}

function buildSh(verb: string, destination: string): void {
  execFileSync(join(root, 'build.sh'), [verb], {
    env: { ...process.env, DESTDIR: destination },
    stdio: 'pipe',
  })
}

function addonDirectories(): string[] {
  return ['/tmp', '/dev/shm', '/run'].flatMap((base) =>
    readdirSync(base).filter((name) => name.startsWith('nacelle-addon-')),
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** The first answer of a server that is starting; fails as soon as its process has ended. */
async function answer(
  url: string,
  child: { exitCode: number | null },
  output: () => string,
): Promise<Response> {
  for (let attempt = 0; attempt < 300; attempt++) {
    assert.equal(child.exitCode, null, `the server ended early: ${output()}`)
    const response = await fetch(url).catch(() => undefined)
    if (response) return response
    await sleep(100)
  }
  assert.fail(`no answer in 30 s: ${output()}`)
}
