// Runs in namespaces of its own (volume-store-iscsi.test.ts starts it there): a real tgtd, reached through libiscsi.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IscsiStore } from '../../src/drivers/iscsi/iscsi-store.ts'
import { createQemuInitiator } from '../../src/drivers/iscsi/qemu-initiator.ts'
import { iqn, startTgt } from '../lab/tgt.ts'
import { claimsInMemory } from '../support/lun-claims.ts'
import { runVolumeStoreContract } from './volume-store-contract.ts'

const sizeBytes = 64 * 1024 ** 2
const chap = { user: 'joe', password: 'a-long-password', secretUuid: '11111111-2222-4333-8444-555555555555' }

/** For the process that is killed, too. */
export function open(directory: unknown): IscsiStore {
  const target = {
    portal: { name: '127.0.0.1', port: 3260 },
    iqn,
    initiatorIqn: 'iqn.2026-01.test.example:host',
    chap,
  }
  const libvirtSecrets = { define: async () => undefined, undefine: async () => undefined }
  const files = join(String(directory), 'pool')
  const initiator = createQemuInitiator({ target, directory: files, pool: 'san', libvirtSecrets })
  return new IscsiStore(initiator, claimsInMemory(join(String(directory), 'claims.json')))
}

if (!process.argv[1]?.includes('volume-store-child'))
  runVolumeStoreContract('iSCSI', {
    // Each cut starts a process anew; one of them is enough with every run.
    cuts: [0.5],
    async create() {
      const directory = await mkdtemp(join(tmpdir(), 'nacelle-iscsi-'))
      await writeFile(join(directory, 'claims.json'), '[]')
      const lunBytes = Array.from({ length: 12 }, () => sizeBytes)
      const tgt = await startTgt({ lunBytes, chap, inside: { pid: process.pid, tempDir: tmpdir() } })
      return {
        store: open(directory),
        module: import.meta.url,
        argument: directory,
        sizeBytes,
        async close() {
          await tgt.stop()
          await rm(directory, { recursive: true })
        },
      }
    },
  })
