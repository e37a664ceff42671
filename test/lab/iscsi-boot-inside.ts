// Runs inside a lab (iscsi-boot.test.ts starts it there): an image is copied onto a LUN, and a guest boots from it.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../../src/drivers/exec.ts'
import { IscsiStore } from '../../src/drivers/iscsi/iscsi-store.ts'
import { createQemuInitiator } from '../../src/drivers/iscsi/qemu-initiator.ts'
import { diskElement } from '../../src/drivers/libvirt/disk-xml.ts'
import { createLibvirtSecrets } from '../../src/drivers/libvirt/secrets.ts'
import { buildXml } from '../../src/drivers/libvirt/xml.ts'
import { claimsInMemory } from '../support/lun-claims.ts'
import { iqn, startTgt } from './tgt.ts'

const uri = 'qemu:///system'
const virsh = async (...words: string[]) => (await run('virsh', ['-q', '-c', uri, ...words])).stdout.trim()
const chap = { user: 'joe', password: 'a-long-password', secretUuid: '11111111-2222-4333-8444-555555555555' }

test('a guest boots from a LUN of a real target, through libiscsi, with CHAP by a libvirt secret', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-iscsi-boot-'))
  const lunBytes = [32, 96].map((mib) => mib * 1024 ** 2)
  const tgt = await startTgt({ lunBytes, chap, inside: { pid: process.pid, tempDir: directory } })
  const target = { portal: tgt.portal, iqn, initiatorIqn: 'iqn.2026-01.test.example:host', chap }
  const libvirtSecrets = createLibvirtSecrets(uri)
  const initiator = createQemuInitiator({
    target,
    directory: join(directory, 'pool'),
    pool: 'san',
    libvirtSecrets,
  })
  const store = new IscsiStore(initiator, claimsInMemory())
  await store.probe()
  const image = { filename: process.env['NACELLE_TEST_IMAGE'] ?? '', format: 'qcow2' as const }
  const seen: number[] = []
  const request = { source: image, format: 'raw' as const }
  await store.copy('disk-1.raw', request, (percent) => seen.push(percent), new AbortController().signal)
  assert.ok(seen.at(-1) === 100)
  await store.prepare('disk-1.raw')
  const source = store.source('disk-1.raw', 'raw')
  const disk = buildXml({ disk: diskElement({ source, target: 'vda', serial: 'lun' }, { bus: 'virtio' }) })
  assert.doesNotMatch(disk, /a-long-password/)
  const file = join(directory, 'guest.xml')
  await writeFile(file, domainXml(disk))
  await virsh('define', file)
  const startedAt = performance.now()
  await virsh('start', 'lun')
  for (let attempt = 0; ; attempt++) {
    const ping = virsh('qemu-agent-command', 'lun', '{"execute":"guest-ping"}')
    if (
      await ping.then(
        () => true,
        () => false,
      )
    )
      break
    assert.ok(attempt < 400, 'the agent of the guest did not answer')
    await delay(500)
  }
  t.diagnostic(`agent after ${Math.round(performance.now() - startedAt)} ms`)
  assert.match(await virsh('domblklist', 'lun'), new RegExp(`vda +${iqn}/2`))
  const { stdout } = await run('ps', ['-eo', 'args'])
  assert.doesNotMatch(stdout, /a-long-password/)
  await virsh('destroy', 'lun')
  await store.remove('disk-1.raw')
  await store.release()
  assert.equal(await virsh('secret-list'), '')
  await tgt.stop()
  await rm(directory, { recursive: true })
})

const domainXml = (disk: string) => `<domain type='qemu'><name>lun</name><memory unit='MiB'>192</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
  <devices>${disk}<serial type='pty'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
  </devices></domain>`
