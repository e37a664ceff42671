// Changes of a guest on real libvirt and QEMU, over HTTP: what the guest itself then sees.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitFor } from '../lab/http.ts'
import { startBoth } from './harness.ts'
import * as life from './life.ts'

const mebibyte = 1 << 20

describe('changes of a guest', () => {
  test('reach the running instance, and outlive its stop', { timeout: 600_000 }, async (t) => {
    const { appliance, stop } = await startBoth()
    t.after(stop)
    const image = await life.uploadTiny(appliance)
    const body = life.createBody('changes', { from_image: image, auto_start: true, memory: 256 * mebibyte })
    const id = await life.createGuest(appliance, body)
    const agent = await life.booted(appliance, id)
    const put = (path: string, values: object = {}) => appliance.api('PUT', `/guests/${id}/${path}`, values)
    const show = () => appliance.api<Record<string, unknown>>('GET', `/guests/${id}`)
    const dump = () => appliance.lab.virsh('dumpxml', id)

    await t.test('cores and memory', async () => {
      await put('cores', { cores: 2, immediate: true })
      await put('memory', { memory: 384 * mebibyte, immediate: true })
      const xml = await dump()
      assert.match(xml, /<vcpu[^>]* current='2'/)
      assert.match(xml, /<memory model='dimm'/)
      const shown = await show()
      assert.deepEqual([shown['cores'], shown['memory']], [2, 384 * mebibyte])
    })

    await t.test('limits of its disks and its network card', async () => {
      await put('qos/disk', { read_speed: 50e6, write_iops: 1000 })
      await put('qos/cpu', { priority: 'low' })
      assert.match(await dump(), /<read_bytes_sec>50000000</)
      const rates = { receive_speed: 2 * mebibyte, send_speed: mebibyte }
      const reply = await appliance.call('PUT', `/guests/${id}/qos/network`, rates)
      const { qos } = (await show()) as { qos: Record<string, number> }
      if (reply.status === 422) {
        console.log(`# limits of the network card are refused here: ${reply.text}`)
        assert.match(reply.text, /schedulers/)
        assert.equal(qos['receive_speed'], undefined)
        return
      }
      assert.equal(reply.status, 200, reply.text)
      assert.deepEqual([qos['receive_speed'], qos['send_speed']], [2 * mebibyte, mebibyte])
      assert.match(await dump(), /<inbound average='2048'/)
      await put('qos/network', { receive_speed: 0, send_speed: 0 })
      assert.doesNotMatch(await dump(), /<inbound/)
    })

    await t.test('a disk that grows under it', async () => {
      await put('disks/resize/1', { size: 96 * mebibyte, immediate: true })
      await waitFor('the guest to see the new size', async () => {
        const sectors = Number(await agent.sh('cat /sys/block/vdb/size'))
        return sectors * 512 === 96 * mebibyte ? true : undefined
      })
    })

    await t.test('and all of it after a stop and a start, where a disk is also compacted', async () => {
      await appliance.api('DELETE', `/instances/${id}`, { force: true })
      await life.untilState(appliance, id, 'stopped')
      await put('disks/shrink/1')
      await put('disks/resize/0', { size: 160 * mebibyte })
      await appliance.api('POST', `/instances/${id}`)
      const again = await life.booted(appliance, id)
      assert.equal(Number(await again.sh('cat /sys/block/vda/size')) * 512, 160 * mebibyte)
      assert.equal((await again.sh('grep -c ^processor /proc/cpuinfo')).trim(), '2')
    })

    await t.test('a system that is reset, and a guest that goes without a trace', async () => {
      await appliance.api('DELETE', `/instances/${id}`, { force: true })
      await life.untilState(appliance, id, 'stopped')
      await put('system', { from_image: image })
      await waitFor('the guest to be whole again', async () => {
        const reply = await appliance.call('GET', `/guests/${id}`)
        return reply.status === 200 ? true : undefined
      })
      await appliance.api('POST', `/instances/${id}`)
      await life.booted(appliance, id)
      await appliance.api('DELETE', `/guests/${id}`, { force: true })
    })
  })
})
