import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { probeAccelerator } from './kvm-probe.ts'

describe('the probe guest', () => {
  it('runs to its end under TCG, which proves that it is a guest that runs', async () => {
    assert.equal(await probeAccelerator('tcg', 20_000), '')
  })

  it('that does not get there in time is a reason, as is a host without KVM', async () => {
    assert.match(await probeAccelerator('tcg', 1), /hangs: no instruction result within 1 ms/)
    assert.equal(typeof (await probeAccelerator('kvm')), 'string')
  })
})
