import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aboutOperations } from '../../../src/http/nano/about.ts'
import { openTestAppliance } from '../../support/appliance.ts'

const certificate = {
  ...{ subject: 'CN=host', issuer: 'CN=Nacelle', names: 'DNS:host', fingerprint: 'AA:BB' },
  ...{ start: 0, end: 86_400_000 },
}

const about = async (shown: typeof certificate | undefined) => {
  const [operation] = aboutOperations({ version: { version: '1.2.3', node: '24' }, certificate: () => shown })
  assert.ok(operation)
  return ((await operation.handle({} as never, {} as never)) as { data: unknown }).data
}

test('the certificate that is shown is told, and null where there is none', async () => {
  assert.deepEqual(await about(certificate), {
    ...{ version: '1.2.3', commit: null, node: '24' },
    certificate: {
      ...{ subject: 'CN=host', issuer: 'CN=Nacelle', names: 'DNS:host', fingerprint: 'AA:BB' },
      ...{ not_before: '1970-01-01T00:00:00.000Z', not_after: '1970-01-02T00:00:00.000Z' },
    },
  })
  assert.deepEqual(await about(undefined), { version: '1.2.3', commit: null, node: '24', certificate: null })
})

test('whoever has logged in reads it, and nobody else', async (t) => {
  const world = await openTestAppliance()
  t.after(() => world.close())
  const { status, data } = await world.as('alice')('GET', '/about')
  assert.equal(status, 200)
  assert.equal(typeof (data as { version: unknown }).version, 'string')
  assert.equal((await world.as(null)('GET', '/about')).status, 401)
})
