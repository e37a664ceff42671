// A pool becomes full under a guest that writes: the guest is held still, told of, and goes on with all that it wrote.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import { GuestAgent } from '../lab/agent.ts'
import { waitFor } from '../lab/http.ts'

const mebibyte = 1 << 20
const writtenMebibytes = 24

interface Paused {
  state: string
  state_reason?: string
}

test('a full pool pauses a guest without harm, and it goes on when there is room', {
  timeout: 600_000,
}, async (t) => {
  const { lab, appliance, stop } = await startBoth({})
  t.after(stop)
  const directory = join(lab.dir, 'small')
  const sized = (options: string) => ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]
  await lab.exec('mkdir', ['-m', '711', directory])
  await lab.exec('mount', sized(`size=${400 * mebibyte}`))
  await appliance.api('POST', '/storage_pools/small', { type: 'dir', target: directory })
  await appliance.api('PUT', '/compute_pools/default', { storage: 'small' })
  const image = await life.uploadTiny(appliance)
  const disks = [64 * mebibyte, 128 * mebibyte]
  const id = await life.createGuest(appliance, life.createBody('web1', { from_image: image, disks }))
  await appliance.api('POST', `/instances/${id}`, {})
  const agent = new GuestAgent(lab, id)
  await agent.waitUntilReady(life.bootMs)
  const shown = () => appliance.api<Paused>('GET', `/instances/${id}`)
  const findings = async () => {
    const all = await appliance.api<{ name: string; findings: string[] }[]>('GET', '/reconcilers/')
    return all.find(({ name }) => name === 'paused')?.findings.join() ?? ''
  }

  await t.test('it is paused, and that is told of with the reason', async () => {
    const used = Number((await lab.exec('du', ['-s', '--block-size=1', directory])).stdout.split('\t')[0])
    await lab.exec('mount', ['-o', `remount,size=${used + 8 * mebibyte}`, directory])
    const source = `dd if=/dev/urandom bs=1M count=${writtenMebibytes} iflag=fullblock`
    const script = `${source} | tee /dev/vdb | md5sum >/tmp/sum; sync; touch /tmp/done`
    await agent.sh(`(${script}) >/tmp/log 2>&1 </dev/null &`)
    const reason = await waitFor(
      'pause',
      async () => {
        const { state, state_reason } = await shown()
        return state === 'paused' ? state_reason : undefined
      },
      { timeoutMs: 120_000 },
    )
    assert.equal(reason, "storage pool 'small' is full")
    assert.match(await findings(), /'web1' is paused: storage pool 'small' is full/)
  })
  await t.test('it goes on when there is room, and what it wrote is whole', async () => {
    await lab.exec('mount', ['-o', `remount,size=${400 * mebibyte}`, directory])
    await waitFor('run', async () => (await shown()).state === 'running' || undefined, { timeoutMs: 60_000 })
    await agent.waitUntilReady(60_000)
    const ended = async () =>
      (await agent.sh('test -e /tmp/done && echo yes || cat /tmp/log')).trim() === 'yes'
    await waitFor('end of the writing', async () => (await ended()) || undefined, { timeoutMs: 120_000 })
    const read = `dd if=/dev/vdb bs=1M count=${writtenMebibytes} iflag=direct | md5sum`
    assert.equal(await agent.sh(read, 60_000), await agent.sh('cat /tmp/sum'))
    assert.equal((await shown()).state_reason, undefined)
    await appliance.api('POST', '/reconcilers/paused')
    assert.equal(await findings(), '')
  })
})
