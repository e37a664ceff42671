// Runs inside a lab with a Ceph (volume-store-rbd.test.ts starts it there).
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { AppError } from '../../src/core/errors.ts'
import { createRbdStore } from '../../src/drivers/rbd/rbd-store.ts'
import { isLongSuite } from '../support/long-suite.ts'
import { quietLog } from '../support/quiet-log.ts'
import { runVolumeStoreContract } from './volume-store-contract.ts'

interface Access {
  host: string
  port: number
  pool: string
  user: string
  key: string
  directory: string
}

const secretUuid = '11111111-2222-4333-8444-555555555555'

/** For the process that is killed, too. */
export function open(argument: unknown) {
  const { host, port, pool, user, key, directory } = argument as Access
  const row = {
    ...{ name: 'ceph', type: 'rbd' as const, host: `${host}:${port}`, target: pool },
    ...{ options: { type: 'rbd' as const, user, secretUuid }, secret: null, createdAt: 0, version: 1 },
  }
  const libvirtSecrets = { define: async () => undefined, undefine: async () => undefined }
  const lunClaims = { list: () => [], put: async () => undefined, forget: async () => undefined }
  const access = { secret: user === '' ? null : key, directory, libvirtSecrets, lunClaims, log: quietLog() }
  return createRbdStore(row, access, [{ name: host, port }])
}

if (!process.argv[1]?.includes('volume-store-child')) {
  const given = JSON.parse(process.env['NACELLE_TEST_CEPH'] ?? '{}') as Omit<Access, 'directory'> & {
    readOnlyKey: string
  }
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-ceph-'))
  after(() => rm(directory, { recursive: true }))
  const access: Access = { ...given, directory: join(directory, 'files') }
  runVolumeStoreContract('Ceph RBD', {
    create: async () => ({
      store: open(access),
      module: import.meta.url,
      argument: access,
      close: async () => undefined,
    }),
    // Each of some ten commands takes a second here, so that one cut is in the middle.
    cuts: [0.5],
    // What a killed client holds is waited for each time; the long suite cuts everything.
    cutMethods: isLongSuite ? undefined : ['purge'],
  })

  describe('probe of a Ceph pool', () => {
    const wrong: [what: string, change: Partial<Access>, says: RegExp][] = [
      [
        'a name without an address',
        { host: 'no-such-host.invalid' },
        /'no-such-host\.invalid' has no address/,
      ],
      ['a port where nothing is', { port: 6799 }, /nothing answers at 127\.0\.0\.1:6799 \(ECONNREFUSED\)/],
      ['a wrong key', { key: 'AQDKhkRlAAAAABAAQwTz+ZlbMDgBPJY0+ZZzzz==' }, /refuses user 'nacelle'/],
      ['an unknown user', { user: 'nobody' }, /refuses user 'nobody'/],
      [
        'a pool that is not there',
        { pool: 'nope' },
        /no pool 'nope'; make it with: ceph osd pool create nope/,
      ],
      ['a user that may only read', { user: 'reader', key: given.readOnlyKey }, /may not write .*read-only/],
    ]
    for (const [what, change, says] of wrong)
      test(`tells ${what}`, async () => {
        const store = open({ ...access, ...change, directory: join(directory, what) })
        await assert.rejects(
          store.probe(),
          (error) => error instanceof AppError && error.code === 'unavailable' && says.test(error.message),
        )
      })

    test('the key lies in a private file, and goes with the pool', async () => {
      const store = open({ ...access, directory: join(directory, 'private') })
      await store.probe()
      assert.equal((await stat(join(directory, 'private'))).mode & 0o777, 0o700)
      assert.equal((await stat(join(directory, 'private', 'keyring'))).mode & 0o777, 0o600)
      await store.release?.()
      await assert.rejects(stat(join(directory, 'private')))
    })
  })
}
