// Runs in namespaces of its own (host-bridge.test.ts starts it there): the real command on a LAN of one cable.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { run, spawnLong } from '../../src/drivers/exec.ts'
import type { BridgeState } from '../../src/main/host-bridge-state.ts'
import { treePath } from '../../src/packaging/assets.ts'

const main = treePath('src/main.ts')
let dataDir = ''

before(async () => {
  await run('mount', ['-t', 'tmpfs', 'none', '/run'])
  await run('ip', ['netns', 'add', 'lan'])
  await run('ip', ['link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'peer', 'netns', 'lan'])
  for (const words of ['addr add 192.0.2.1/24 dev peer', 'addr add 2001:db8::1/64 dev peer nodad'])
    await run('ip', ['-n', 'lan', ...words.split(' ')])
  await run('ip', ['-n', 'lan', 'link', 'set', 'peer', 'up'])
  for (const words of [
    'link set uplink up',
    'addr add 192.0.2.2/24 broadcast 192.0.2.255 dev uplink',
    'addr add 192.0.2.3/24 dev uplink valid_lft 3000 preferred_lft 2000',
    'addr add 2001:db8::2/64 dev uplink nodad',
    'route add default via 192.0.2.1 dev uplink metric 100',
    'route add 203.0.113.0/24 via 192.0.2.1 dev uplink src 192.0.2.3',
    'route add 198.51.100.0/24 dev uplink table 77',
    '-6 route add default via 2001:db8::1 dev uplink',
  ])
    await run('ip', words.split(' '))
  // An address that is being checked for a double cannot be used yet.
  await delay(2_000)
})
beforeEach(async () => {
  dataDir = await mkdtemp('/run/data-')
})
after(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const command = (...words: string[]) =>
  run(process.execPath, [main, 'host', 'bridge', ...words, '--data-dir', dataDir], {
    timeoutMs: 120_000,
  }).then(
    ({ stdout }) => stdout,
    (error: { stderr?: string }) => `refused: ${error.stderr}`,
  )
const create = (seconds: number) =>
  command('create', '--interface', 'uplink', '--name', 'br0', '--seconds', `${seconds}`)

/** All that must be as before: addresses and routes, without what counts down. */
async function network(): Promise<string> {
  const outputs = await Promise.all(
    [
      ['-4', 'addr', 'show'],
      ['-4', 'route', 'show', 'table', 'all'],
      ['-6', 'route', 'show'],
    ].map(async (words) => (await run('ip', words)).stdout),
  )
  const lines = outputs.join('').split('\n')
  return lines
    .map((line) => line.replace(/^\d+: |_lft \d+sec|qdisc.*$/g, '').trim())
    .filter((line) => line !== '')
    .sort()
    .join('\n')
}

const there = async (name: string) =>
  (await run('ip', ['-br', 'link'])).stdout.split('\n').some((line) => line.startsWith(name))

/** Both ways, without help of what a neighbour remembers. */
async function reaches(): Promise<boolean> {
  await run('ip', ['-n', 'lan', 'neigh', 'flush', 'all'])
  const pings = [
    ['busybox', 'ping', '-c', '1', '-W', '2', '192.0.2.1'],
    ['ip', 'netns', 'exec', 'lan', 'busybox', 'ping', '-c', '1', '-W', '2', '192.0.2.2'],
    ['ip', 'netns', 'exec', 'lan', 'busybox', 'ping', '-c', '1', '-W', '2', '192.0.2.3'],
  ]
  for (const [file = '', ...words] of pings)
    if (
      !(await run(file, words).then(
        () => true,
        () => false,
      ))
    )
      return false
  return true
}

async function readState(isWanted: (state: BridgeState) => boolean, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const text = await readFile(`${dataDir}/host-bridge/state.json`, 'utf8').catch(() => '{}')
    if (isWanted(JSON.parse(text) as BridgeState)) return
    assert.ok(performance.now() < end, `not in time: ${text}`)
    await delay(10)
  }
}
const phase = (wanted: string) => readState((state) => state.phase === wanted)

test('what cannot become a bridge is refused, and nothing has changed', async () => {
  const earlier = await network()
  for (const [words, says] of [
    [['--interface', 'none'], /no interface 'none'/],
    [['--interface', 'lo'], /loopback/],
    [['--interface', 'uplink', '--name', 'lo'], /'lo' already/],
    [['--interface', 'uplink', '--name', 'a b'], /not the name/],
    [['--interface', 'uplink', '--seconds', '1'], /5 to 3600/],
  ] as const)
    assert.match(await command('create', ...words), says)
  assert.match(await command('confirm'), /no bridge was made/)
  assert.equal(await network(), earlier)
})

test('what nobody confirms goes back as it was, by itself', async () => {
  const earlier = await network()
  assert.ok(await reaches())
  assert.match(await create(8), /br0 stands on uplink and has 192\.0\.2\.2\/24/)
  assert.match((await run('ip', ['-4', 'route', 'show', 'default'])).stdout, /via 192\.0\.2\.1 dev br0/)
  assert.match((await run('ip', ['-4', '-br', 'addr', 'show', 'dev', 'br0'])).stdout, /192\.0\.2\.2\/24/)
  assert.ok(await reaches())
  await phase('rolled back')
  assert.equal(await there('br0'), false)
  assert.equal(await network(), earlier)
  assert.ok(await reaches())
  assert.match(await command('confirm'), /was rolled back/)
})

test('the connection that asked for it may break: it goes back all the same', async () => {
  const earlier = await network()
  const words = ['host', 'bridge', 'create', '--interface', 'uplink', '--seconds', '6', '--data-dir', dataDir]
  const child = spawnLong(process.execPath, [main, ...words])
  // While the bridge is being made: a moment later the command has ended by itself.
  await readState(({ pid }) => pid > 0)
  process.kill(-child.pid, 'SIGHUP')
  process.kill(-child.pid, 'SIGKILL')
  await child.exited
  await phase('waiting')
  assert.ok(await there('br0'))
  await phase('rolled back')
  assert.equal(await network(), earlier)
})

test('a person takes it back at once', async () => {
  const earlier = await network()
  await create(600)
  assert.match(await create(600), /waits for its confirmation|port of 'br0'/)
  assert.match(await command('rollback'), /as it was/)
  assert.equal(await network(), earlier)
})

test('what is confirmed stays, and is written for the next boot', async () => {
  await run('mount', ['-t', 'tmpfs', 'none', '/etc/network']).catch(() => undefined)
  await run('mkdir', ['-p', '/etc/network'])
  const interfaces = '/etc/network/interfaces'
  await writeFile(interfaces, 'auto uplink\niface uplink inet static\n    address 192.0.2.2/24\n')
  await create(30)
  assert.match(await command('confirm'), /br0 stays.*wrote \/etc\/network\/interfaces/s)
  assert.match(await readFile(interfaces, 'utf8'), /iface uplink inet manual.*iface br0 inet static/s)
  await phase('confirmed')
  await delay(1_000)
  assert.ok(await there('br0'))
  assert.ok(await reaches())
})
