import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Finding, Report } from '../core/doctor/finding.ts'
import { lookAtHost } from './doctor.ts'

const main = join(import.meta.dirname, '..', 'main.ts')
const isRoot = process.getuid?.() === 0
const needsRoot = isRoot ? false : 'only root can become nobody and hide programs in a mount namespace'
const states = ['ok', 'warning', 'error', 'unknown']

interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** Started with no environment and in a directory where nobody can write. */
const started = (command: string, words: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { env: {}, cwd: '/proc', timeout: 90_000 }
    execFile(command, words, options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    )
  })

function reportOf({ code, stdout, stderr }: Ended): Report {
  assert.equal(stderr, '')
  const seen = JSON.parse(stdout) as Report
  assert.equal(code, seen.exit)
  checkShape(seen)
  return seen
}

function checkShape({ findings }: Report): void {
  assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length, 'ids are unique')
  for (const { id, state, title, detail, mend } of findings) {
    assert.ok(states.includes(state), id)
    assert.ok(title !== '' && detail !== '', id)
    if (state === 'ok') assert.equal(mend, null, id)
    if (state === 'warning' || state === 'error') assert.ok(mend, id)
    assert.doesNotMatch(detail, /could not be looked at/, `${id}: ${detail}`)
  }
}

const found = (seen: Report, id: string): Finding => {
  const finding = seen.findings.find((one) => one.id === id)
  assert.ok(finding, `no finding '${id}'`)
  return finding
}

const listen = { url: 'https://127.0.0.1:1', scheme: 'https', host: '192.0.2.1', port: 5870 } as const

test('looks at this host, and waits for nothing for ever', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'nacelle-doctor-'))
  try {
    const begun = performance.now()
    const config = { dataDir, listen, libvirtUri: 'test:///default' }
    const seen = await lookAtHost(config, [join(dataDir, 'pools', 'local')])
    assert.ok(performance.now() - begun < 40_000, `took ${performance.now() - begun} ms`)
    checkShape(seen)
    assert.equal(found(seen, 'libvirt').state, 'ok')
    assert.equal(found(seen, 'virtlogd').state === 'unknown' || found(seen, 'virtlogd').state === 'ok', true)
    assert.equal(found(seen, 'tool.qemu-img').state, 'ok')
    assert.match(found(seen, 'port').detail, /192\.0\.2\.1 is not an address of this host/)
    if (isRoot) {
      const reach = found(seen, `reach.${join(dataDir, 'pools', 'local')}`)
      assert.equal(reach.state, 'error')
      assert.equal(reach.mend, `chmod o+x ${dataDir}`)
    }
  } finally {
    await rm(dataDir, { recursive: true })
  }
})

test('runs as nobody, with no environment, where nothing can be written', { skip: needsRoot }, async () => {
  const words = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--', process.execPath, main]
  const seen = reportOf(await started('/usr/bin/setpriv', [...words, 'doctor', '--json']))
  assert.equal(found(seen, 'privileges').state, 'unknown')
  assert.deepEqual(
    [found(seen, 'forward-policy').state, found(seen, 'forward-policy').mend],
    ['unknown', 'sudo nacelle doctor'],
  )
  assert.equal(found(seen, 'tool.nft').state, 'ok')
})

test('runs where every program is missing, and names the package of each', { skip: needsRoot }, async () => {
  const places = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin']
  const hide = places.map((path) => `/usr/bin/mount -t tmpfs none ${path}`).join(' && ')
  const script = `${hide} && exec "$0" "$@"`
  const words = ['-m', '/bin/sh', '-c', script, process.execPath, main, 'doctor', '--json']
  const seen = reportOf(await started('/usr/bin/unshare', words))
  assert.equal(seen.exit, 2)
  const tools = seen.findings.filter(({ id }) => id.startsWith('tool.'))
  assert.ok(tools.length >= 10)
  for (const { mend, detail } of tools) {
    assert.match(detail, /^not installed/)
    assert.match(mend || detail, /apt-get install \S+$/)
  }
  assert.deepEqual(
    ['kvm', 'libvirt', 'forward-policy'].map((id) => [found(seen, id).state, found(seen, id).mend]),
    [
      ['unknown', 'apt-get install qemu-system-x86'],
      ['unknown', 'apt-get install libvirt-clients'],
      ['unknown', 'apt-get install nftables'],
    ],
  )
})

test("Docker's forward policy is found, and the command of the mend mends it", {
  skip: needsRoot,
}, async () => {
  const rules = 'iptables -P FORWARD DROP && iptables -N DOCKER && iptables -N DOCKER-USER'
  const script = `PATH=/usr/sbin:/usr/bin; ${rules} && iptables -A FORWARD -j DOCKER-USER && eval "$1"; exec "$2" "$3" doctor --json`
  const inNamespace = async (mend: string) => {
    const words = ['-n', '/bin/sh', '-c', script, 'sh', mend, process.execPath, main]
    return found(reportOf(await started('/usr/bin/unshare', words)), 'forward-policy')
  }
  const closed = await inNamespace('true')
  assert.equal(closed.state, 'warning')
  assert.match(closed.detail, /chain FORWARD of table ip filter drops by policy \(made by Docker\)/)
  assert.equal((await inNamespace(closed.mend ?? '')).state, 'ok')
})

test('a mistake in the configuration is a finding, and the rest is looked at', async () => {
  const words = [main, 'doctor', '--listen', 'http://0.0.0.0:80']
  const { code, stdout, stderr } = await started(process.execPath, words)
  assert.equal(stderr, '')
  assert.equal(code, 2)
  assert.match(stdout, /^error {4}Configuration +listen 'http:\/\/0\.0\.0\.0:80': plain http/)
  assert.match(stdout, /\nok {7}qemu-img +\d/)
  assert.ok(!stdout.includes('\u001b'), 'no colour where there is no terminal')
})
