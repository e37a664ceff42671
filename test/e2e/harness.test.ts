import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { virshXml } from '../lab/guest.ts'
import { envelopeOf, HttpClient, waitFor } from '../lab/http.ts'
import { type Lab, startLab } from '../lab/libvirt.ts'
import { diffFingerprint, type FingerprintKind, hostFingerprint } from './harness-fingerprint.ts'

const network = `<network><name>leak</name><forward mode='open'/><bridge name='leakbr0'/>
  <ip address='192.168.88.1' netmask='255.255.255.0'><dhcp><range start='192.168.88.10' end='192.168.88.99'/>
  <host mac='52:54:00:00:00:09' ip='192.168.88.10'/></dhcp></ip></network>`
const domain = `<domain type='qemu'><name>leak</name><memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>`
const secret = `<secret ephemeral='no' private='no'><usage type='volume'><volume>/leak</volume></usage></secret>`
const filter = `<filter name='leak'><rule action='drop' direction='in'><tcp/></rule></filter>`

describe('the fingerprint of a host', () => {
  let lab: Lab
  let dataDir: string
  before(async () => {
    lab = await startLab()
    dataDir = join(lab.dir, 'nacelle')
    await mkdir(dataDir)
  })
  after(() => lab.stop())

  it('differs in nothing between two looks', async () => {
    const first = await hostFingerprint({ lab, dataDir })
    assert.deepEqual(diffFingerprint(first, await hostFingerprint({ lab, dataDir })), {})
  })

  it('names each thing that came, and nothing once all have gone', async () => {
    const first = await hostFingerprint({ lab, dataDir })
    await writeFile(join(dataDir, 'orphan.qcow2'), '')
    await writeFile(join(lab.tempDir, 'left-over'), '')
    await virshXml(lab, 'net-define', network)
    await lab.virsh('net-start', 'leak')
    await virshXml(lab, 'define', domain)
    await lab.virsh('start', 'leak', '--paused')
    await virshXml(lab, 'secret-define', secret)
    await virshXml(lab, 'nwfilter-define', filter)
    await lab.exec('nft', ['add', 'table', 'ip', 'leak'])
    const difference = diffFingerprint(first, await hostFingerprint({ lab, dataDir }))
    const expected: [FingerprintKind, RegExp][] = [
      ['files', /orphan\.qcow2/],
      ['domains', /leak/],
      ['networks', /192\.168\.88\.10/],
      ['secrets', /leak/],
      ['filters', /leak/],
      ['nftables', /table ip leak/],
      ['links', /leakbr0/],
      ['processes', /qemu-system-x86.* guest=leak/],
      ['temporary', /left-over/],
    ]
    for (const [kind, pattern] of expected)
      assert.match(difference[kind]?.added.join('\n') ?? '', pattern, kind)
    assert.match(difference.processes?.added.join('\n') ?? '', /dnsmasq/)
  })

  it('sees what has gone', async () => {
    const full = await hostFingerprint({ lab, dataDir })
    await lab.virsh('destroy', 'leak')
    await lab.virsh('undefine', 'leak')
    const difference = diffFingerprint(full, await hostFingerprint({ lab, dataDir }))
    assert.match(difference.domains?.gone.join() ?? '', /leak/)
    assert.match(difference.processes?.gone.join() ?? '', /guest=leak/)
    assert.deepEqual(difference.processes?.added, [])
  })
})

describe('the HTTP client', () => {
  it('reads envelopes and refuses what is none', async () => {
    const server = createServer((request, response) => {
      let received = 0
      request.on('data', (chunk: Buffer) => {
        received += chunk.length
      })
      request.on('end', () => {
        response.setHeader('content-type', 'application/json')
        const data = { received, type: request.headers['content-type'] }
        response.end(
          JSON.stringify(request.url === '/good' ? { error_code: 0, message: '', data } : { data }),
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const client = new HttpClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
      const good = envelopeOf(await client.request('POST', '/good', { body: { a: 1 } }))
      assert.deepEqual(good.data, { received: 7, type: 'application/json' })
      const bad = await client.request('GET', '/bad')
      assert.throws(() => envelopeOf(bad), /not an envelope/)
      const file = import.meta.filename
      const sent = envelopeOf(await client.upload('/good', 'image', file)).data as {
        received: number
        type: string
      }
      assert.match(sent.type, /^multipart\/form-data; boundary=/)
      assert.ok(sent.received > 1000)
    } finally {
      server.close()
    }
  })

  it('waits no longer than it was told, and says why', async () => {
    const failing = waitFor('miracle', () => Promise.reject(new Error('not yet')), {
      timeoutMs: 50,
      everyMs: 10,
    })
    await assert.rejects(
      failing,
      (error: Error) => /no miracle in 50 ms/.test(error.message) && /not yet/.test(String(error.cause)),
    )
  })
})
