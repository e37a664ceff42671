import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Appliance, startBoth } from './harness.ts'
import { diffFingerprint, hostFingerprint } from './harness-fingerprint.ts'

describe('an appliance in a lab', () => {
  let appliance: Appliance
  let stop: () => Promise<void>
  before(async () => {
    const both = await startBoth({ scheme: 'https' })
    appliance = both.appliance
    stop = both.stop
  })
  after(() => stop())

  const look = () =>
    hostFingerprint({ lab: appliance.lab, dataDir: appliance.dataDir, appliancePid: appliance.pid })

  it('answers its administrator', async () => {
    assert.ok(Array.isArray(await appliance.api('GET', '/compute_pools/')))
    assert.equal((await (await appliance.anonymous()).request('GET', '/api/v1/compute_pools/')).status, 401)
  })

  it('is killed and comes back to the same host', async () => {
    const first = await look()
    await appliance.kill9()
    assert.equal(appliance.pid, undefined)
    await appliance.restart()
    assert.deepEqual(diffFingerprint(first, await look()), {})
    assert.ok(Array.isArray(await appliance.api('GET', '/compute_pools/')))
  })

  it('drains and exits with 0 when told to', async () => {
    assert.equal(await appliance.stop(), 0)
  })
})
