import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ended, guestBody, makeGuest, openTestAppliance, type TestAppliance } from '../support/appliance.ts'

describe('an appliance whose state disk is full', () => {
  let world: TestAppliance
  let guest: string
  before(async () => {
    world = await openTestAppliance()
    guest = await makeGuest(world, { name: 'older' })
    world.stateDisk.usedBytes = world.stateDisk.totalBytes
    await world.appliance.stateDisk.look()
  })
  after(() => world.close())

  it('refuses changes with the mend', async () => {
    const { status, code, message } = await world.call('POST', '/api/v1/guests/', guestBody())
    assert.equal(status, 503)
    assert.equal(code, 'unavailable')
    assert.match(message, /is full \(\d+ MiB free\), so Nacelle is read-only until 192 MiB are free.*du -xh/)
    assert.equal((await world.call('PUT', '/api/v1/settings/vnc.listen', { value: '::1' })).status, 503)
  })

  it('is read, and says what a change would do', async () => {
    assert.equal((await world.call('GET', `/api/v1/guests/${guest}`)).status, 200)
    assert.equal((await world.call('POST', '/api/v1/search/guests/', { limit: 5, offset: 0 })).status, 200)
    const dry = await world.call('POST', '/api/v1/guests/?dry_run=true', guestBody())
    assert.equal(dry.status, 200)
  })

  it('says so in its system view', async () => {
    const { data } = await world.call('GET', '/api/v1/system/')
    assert.equal((data as { read_only: boolean }).read_only, true)
  })

  it('lets guests be deleted, which makes room', async () => {
    const answer = await world.call('DELETE', `/api/v1/guests/${guest}`, {})
    assert.equal((await ended(world, answer)).state, 'done')
  })

  it('goes on by itself when there is room', async () => {
    world.stateDisk.usedBytes = 0
    await world.appliance.stateDisk.look()
    const answer = await world.call('POST', '/api/v1/guests/', guestBody())
    assert.equal((await ended(world, answer)).state, 'done')
    const { data } = await world.call('GET', '/api/v1/system/')
    assert.equal((data as { read_only: boolean }).read_only, false)
  })
})
