import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clockFacts, parseAnswers } from './clock.ts'
import { parseDaemonVersion } from './libvirt.ts'
import { parseForwardChains } from './network.ts'
import { parseListeners, parseUnixInode, portFacts } from './port.ts'
import { parseCpuFlags } from './processor.ts'
import { dataDirFacts, findAccount, parseQemuUser, reachFacts, spaceFacts } from './storage.ts'
import { findProgram, missingFiles, toolFacts } from './tools.ts'

const signal = new AbortController().signal

test("a processor's flags", () => {
  const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: ${flags}\nbugs\t\t: vmx\n`
  assert.deepEqual(parseCpuFlags(cpuinfo('fpu vmx')), { flag: 'vmx', nested: false })
  assert.deepEqual(parseCpuFlags(cpuinfo('svm hypervisor')), { flag: 'svm', nested: true })
  assert.deepEqual(parseCpuFlags(cpuinfo('fpu svm_lock')), { flag: null, nested: false })
  assert.deepEqual(parseCpuFlags(''), { flag: null, nested: false })
})

test("libvirt's version is the daemon's where there is one", () => {
  const library = 'Using library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\n'
  assert.equal(parseDaemonVersion(`${library}Running against daemon: 8.1.0\n`), '8.1.0')
  assert.equal(parseDaemonVersion(library), '9.0.0')
  assert.equal(parseDaemonVersion('nonsense'), '')
})

test('who tells about the clock', () => {
  const none = { timedatectl: '', chrony: '', adjtimex: '' }
  const chrony = 'Reference ID    : 7F7F0101 ()\nLeap status     : '
  assert.deepEqual(parseAnswers(none), { source: '', synchronized: false })
  assert.deepEqual(parseAnswers({ ...none, timedatectl: 'yes\n' }).synchronized, true)
  assert.deepEqual(parseAnswers({ ...none, timedatectl: 'no\n' }), {
    source: 'timedatectl',
    synchronized: false,
  })
  assert.deepEqual(parseAnswers({ ...none, chrony: `${chrony}Normal\n` }), {
    source: 'chrony',
    synchronized: true,
  })
  assert.equal(parseAnswers({ ...none, chrony: `${chrony}Not synchronised\n` }).synchronized, false)
  assert.deepEqual(parseAnswers({ ...none, adjtimex: '  status: 8193\n' }), {
    source: 'adjtimex',
    synchronized: true,
  })
  assert.equal(parseAnswers({ ...none, adjtimex: '  status: 64\n' }).synchronized, false)
})

test('only foreign forward chains that drop by policy count', () => {
  const chain = (part: object) => ({
    chain: { family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop', ...part },
  })
  const parsed = parseForwardChains(
    JSON.stringify({
      nftables: [
        { metainfo: { version: '1.0.6' } },
        chain({}),
        chain({ policy: 'accept' }),
        chain({ hook: 'input' }),
        chain({ hook: undefined, policy: undefined, name: 'DOCKER' }),
        chain({ family: 'bridge' }),
        chain({ family: 'inet', table: 'nacelle' }),
        chain({ family: 'inet', table: 'firewalld', name: 'filter_FORWARD' }),
      ],
    }),
  )
  assert.deepEqual(parsed, [
    { family: 'ip', table: 'filter', chain: 'FORWARD' },
    { family: 'inet', table: 'firewalld', chain: 'filter_FORWARD' },
  ])
})

test("QEMU's account", () => {
  assert.equal(parseQemuUser('#user = "libvirt-qemu"\n'), undefined)
  assert.equal(parseQemuUser('# x\nuser = "qemu"\n'), 'qemu')
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nqemu:x:64:107::/:/bin/false\n'
  const group = 'kvm:x:109:ann,qemu\nqemu:x:107:\nother:x:9:qemux\n'
  assert.deepEqual(findAccount('qemu', passwd, group), { name: 'qemu', uid: 64, groups: [107, 109] })
  assert.deepEqual(findAccount('+0', passwd, group)?.name, 'root')
  assert.equal(findAccount('nobody', passwd, group), undefined)
})

test('tables of /proc/net', () => {
  const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:16EE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 0100007F:16EE 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1`
  assert.deepEqual(parseListeners(tcp, 5870), ['4711'])
  assert.deepEqual(parseListeners(tcp, 5871), [])
  const unix = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 99 @nacelle-ab
0000000000000000: 00000002 00000000 00010000 0001 01 98 @nacelle-abc`
  assert.equal(parseUnixInode(unix, '@nacelle-ab'), '99')
  assert.equal(parseUnixInode(unix, '@nacelle-b'), undefined)
})

test('a port is seen as free, as taken and by whom, and as our own', async () => {
  const server = createServer()
  const port = await listening(server, { host: '127.0.0.1', port: 0 })
  const place = { host: '127.0.0.1', port, lockName: `nacelle-test-${process.pid}` }
  const lock = createServer()
  try {
    const taken = await portFacts(place)
    assert.deepEqual([taken.refused, taken.running], ['EADDRINUSE', false])
    assert.deepEqual([taken.holder?.pid, taken.holder?.nacelle], [process.pid, false])
    await listening(lock, { path: `\0${place.lockName}` })
    const own = await portFacts(place)
    assert.deepEqual([own.running, own.holder?.nacelle], [true, true])
  } finally {
    lock.close()
    await new Promise((resolve) => server.close(resolve))
  }
  assert.equal((await portFacts(place)).refused, '')
  assert.equal((await portFacts({ ...place, host: '192.0.2.1' })).refused, 'EADDRNOTAVAIL')
})

const listening = (server: Server, where: { host?: string; port?: number; path?: string }) =>
  new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })

test('directories: room is measured at the nearest parent, modes and keys are read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-doctor-'))
  try {
    const space = await spaceFacts(join(directory, 'not', 'yet'))
    assert.equal(space.measured, directory)
    assert.ok(space.totalBytes > 0 && space.freeBytes <= space.totalBytes)
    assert.equal((await dataDirFacts(join(directory, 'none'))).state, undefined)
    await writeFile(join(directory, 'secret.key'), '', { mode: 0o640 })
    await chmod(directory, 0o700)
    const facts = await dataDirFacts(directory)
    assert.deepEqual([facts.state?.isDirectory, facts.state?.writable], [true, true])
    assert.equal((facts.keyMode ?? 0) & 0o777, 0o640)
    const reach = await reachFacts(join(directory, 'pool'))
    assert.deepEqual([reach.exists, reach.steps.at(-1)?.path], [false, directory])
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('a program that is missing, and one that fails, are told apart', async () => {
  assert.equal(await findProgram('no-such-program'), '')
  const missing = await toolFacts({ name: 'no-such-program', versionWords: [] }, signal)
  assert.deepEqual(missing, { path: '', version: '', reason: '' })
  const failing = await toolFacts({ name: 'ls', versionWords: ['--no-such-option'] }, signal)
  assert.equal(failing.version, '')
  assert.match(failing.reason, /unrecognized option/)
  assert.match((await toolFacts({ name: 'ls', versionWords: ['--version'] }, signal)).version, /coreutils/)
  assert.deepEqual(await missingFiles(['/proc/self', '/no/such', '/proc/version/x']), [
    '/no/such',
    '/proc/version/x',
  ])
})

test('asking for the clock answers on any host', async () => {
  const { source, synchronized } = await clockFacts(false, signal)
  assert.ok(source !== '' || !synchronized)
})
