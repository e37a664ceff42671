import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { everything, makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
let running = ''
before(async () => {
  world = await openTestAppliance()
  running = await makeGuest(world, { name: 'running', auto_start: true })
})
after(() => world.close())

const open = async (body: object, path = '/monitor_channels/') => {
  const answer = await world.call('POST', path, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.data as { id: string; protocol: string; username: string; password: string }
}

describe('a monitor channel', () => {
  it('answers id, protocol and the secret of the guest', async () => {
    const { id, ...rest } = await open({ guest: running }, '/api/v1/monitor_channels/')
    assert.match(id, /^[\w-]{32}$/)
    const guest = (await world.call('GET', `/guests/${running}`)).data as { monitor_secret: string }
    assert.deepEqual(rest, { protocol: 'vnc', username: '', password: guest.monitor_secret })
    for (const path of ['/monitor_channels', '/monitor_channels/ABC', '/api/v1/monitor_channels/ABC/'])
      assert.notEqual((await open({ guest: running }, path)).id, 'ABC')
  })

  it('leads once to the display or the serial console of its guest', async () => {
    const vnc = await world.appliance.channels.consume((await open({ guest: running })).id)
    assert.deepEqual(vnc, {
      kind: 'vnc',
      guest: running,
      display: { kind: 'unix', path: `/run/simulated/${running}.sock` },
    })
    const { id, protocol } = await open({ guest: running, protocol: 'serial' })
    assert.equal(protocol, 'serial')
    assert.equal((await world.appliance.channels.consume(id)).kind, 'serial')
    await assert.rejects(world.appliance.channels.consume(id), /no monitor channel/)
  })

  it('is refused for a guest that is none, does not run, or is not named', async () => {
    const off = await makeGuest(world, { name: 'off' })
    const earlier = await everything(world)
    for (const [body, status, field, says] of [
      [{}, 400, 'guest', /missing/],
      [{ guest: 5 }, 400, 'guest', /text/],
      [{ guest: [running] }, 400, 'guest', /text/],
      [{ guest: '' }, 404, 'guest', /no guest/],
      [{ guest: 'nonsense' }, 404, 'guest', /no guest/],
      [{ guest: "' OR '1'='1" }, 404, 'guest', /no guest/],
      [{ guest: '../../etc' }, 404, 'guest', /no guest/],
      [{ guest: running, protocol: 'spice' }, 400, 'protocol', /vnc or serial/],
      [{ guest: off }, 409, undefined, /does not run/],
    ] as const)
      for (const query of ['', '?dry_run=true']) {
        const answer = await world.call('POST', `/monitor_channels/${query}`, body)
        assert.equal(answer.status, status, answer.text)
        assert.equal(answer.field, field)
        assert.match(answer.message, says)
      }
    assert.deepEqual(await everything(world), earlier)
  })

  it('is only described by a dry run', async () => {
    const answer = await world.call('POST', '/monitor_channels?dry_run=true', { guest: running })
    assert.equal(answer.status, 200)
    assert.deepEqual(Object.keys(answer.data as object), ['plan'])
  })
})
