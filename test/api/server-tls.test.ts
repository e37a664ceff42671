import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { promisify } from 'node:util'
import { givenCertificate } from '../../src/http/tls/given-certificate.ts'
import { authorityPath, ownCertificate } from '../../src/http/tls/own-certificate.ts'
import { silentLog } from './serve.ts'
import { runServer } from './server-running.ts'

const run = promisify(execFile)
const directory = await mkdtemp(join(tmpdir(), 'nacelle-tls-'))
after(() => rm(directory, { recursive: true, force: true }))

let names = ['host.example', 'localhost', '127.0.0.1', '::1']
const options = { directory, hostname: 'host.example', names: () => names, log: silentLog }

const presented = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })

test('curl trusts the server by the certificate of its authority, by name and by address', async () => {
  const certificate = await ownCertificate(options)
  const server = await runServer({ server: { certificate } })
  for (const host of ['127.0.0.1', 'localhost']) {
    const url = `https://${host}:${server.port}/healthz`
    const { stdout } = await run('curl', ['-sS', '-4', '--cacert', authorityPath(directory), url])
    assert.equal(stdout, 'alive\n')
  }
  await assert.rejects(run('curl', ['-sS', `https://127.0.0.1:${server.port}/healthz`]), /certificate/)
  await server.close(1000)
})

test('openssl finds the certificate in order: chain, purpose, names, validity, modes', async () => {
  const leaf = join(directory, 'server.pem')
  const { stdout } = await run('openssl', [
    'verify',
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-verify_hostname',
    'host.example',
    '-CAfile',
    authorityPath(directory),
    leaf,
  ])
  assert.match(stdout, /OK/)
  const parsed = new X509Certificate(await readFile(leaf, 'utf8'))
  assert.equal(parsed.ca, false)
  assert.ok((parsed.validToDate.getTime() - parsed.validFromDate.getTime()) / 86_400_000 <= 397)
  for (const name of ['server-key.pem', 'ca-key.pem'])
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600)
})

test('it is kept over restarts and made again, by the same authority, for a new address', async () => {
  const authority = await readFile(authorityPath(directory), 'utf8')
  const certificate = await ownCertificate(options)
  const first = certificate.current().cert
  assert.equal((await ownCertificate(options)).current().cert, first)
  const server = await runServer({ server: { certificate } })
  const before = await presented(server.port)
  await certificate.refresh()
  assert.equal(await presented(server.port), before)
  names = [...names, '192.0.2.7']
  await certificate.refresh()
  assert.notEqual(await presented(server.port), before)
  assert.notEqual(new X509Certificate(certificate.current().cert).checkIP('192.0.2.7'), undefined)
  assert.equal(await readFile(authorityPath(directory), 'utf8'), authority)
  await server.close(1000)
})

test('a damaged pair, as a crash between two writes leaves it, is made anew', async () => {
  const other = await mkdtemp(join(tmpdir(), 'nacelle-tls-'))
  await ownCertificate({ ...options, directory: other })
  const key = await readFile(join(other, 'server-key.pem'), 'utf8')
  await writeFile(join(directory, 'server-key.pem'), key)
  const certificate = await ownCertificate(options)
  const server = await runServer({ server: { certificate } })
  assert.notEqual(await presented(server.port), '')
  await server.close(1000)
  await rm(other, { recursive: true })
})

test('the operator’s own certificate: read, reread, refused when it does not fit', async () => {
  const cert = join(directory, 'server.pem')
  const source = await givenCertificate(cert, join(directory, 'server-key.pem'))
  let changed = 0
  source.onChange(() => changed++)
  await source.refresh()
  assert.equal(changed, 0)
  const server = await runServer({ server: { certificate: source } })
  const { stdout } = await run('curl', [
    '-sSI',
    '--cacert',
    authorityPath(directory),
    `${server.url}/healthz`,
  ])
  assert.match(stdout, /strict-transport-security/i)
  await server.close(1000)
  await assert.rejects(givenCertificate(cert, join(directory, 'ca-key.pem')), /does not belong/)
  await assert.rejects(givenCertificate(join(directory, 'none.pem'), cert), /cannot read/)
  await chmod(cert, 0o644)
})

test('plain HTTP on the same port: reading is led to https, a change is refused with the URL', async () => {
  const server = await runServer({ server: { certificate: await ownCertificate(options) } })
  const plain = (method: string) =>
    new Promise<{ status: number; location?: string; body: string }>((resolve, reject) => {
      const sent = request(
        { port: server.port, host: '127.0.0.1', path: '/ui/?a=1', method },
        async (response) => {
          const body = (await response.toArray()).join('')
          resolve({ status: response.statusCode ?? 0, location: response.headers.location, body })
        },
      )
      sent.on('error', reject).end(method === 'POST' ? '{}' : undefined)
    })
  const read = await plain('GET')
  assert.equal(read.status, 307)
  assert.equal(read.location, `https://127.0.0.1:${server.port}/ui/?a=1`)
  const changed = await plain('POST')
  assert.equal(changed.status, 400)
  assert.match(changed.body, new RegExp(`https://127.0.0.1:${server.port}/ui/`))
  const noise = connect(server.port, '127.0.0.1')
  noise.end(Buffer.from([0x16, 0x03, 0x01, 0xff]))
  await noise.toArray().catch(() => [])
  assert.notEqual(await presented(server.port), '')
  await server.close(1000)
})
