// A guest's life on a real Ceph: its image is brought there once, its disks are clones, its snapshots lie inside them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Appliance, startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import { GuestAgent } from '../lab/agent.ts'
import { type Ceph, startCeph } from '../lab/ceph.ts'
import { waitFor } from '../lab/http.ts'

const mebibyte = 1 << 20

const poolBody = ({ monitor, pool, user, key }: Ceph, more: object = {}) => ({
  ...{ type: 'ceph', monitors: `${monitor.name}:${monitor.port}`, pool, user, key },
  ...more,
})

/** Empties the quarantine of every pool, children before what they stand on; gives what is left. */
async function purgeAll(appliance: Appliance): Promise<string[]> {
  for (;;) {
    let purged = 0
    const left: string[] = []
    for (const { name: pool } of await appliance.api<{ name: string }[]>('GET', '/storage_pools/')) {
      const entries = await appliance.api<{ name: string; status: string }[]>(
        'GET',
        `/storage_pools/${pool}/volumes/`,
      )
      for (const { name, status } of entries) {
        left.push(`${pool}/${name} ${status}`)
        if (status !== 'quarantined') continue
        const reply = await appliance.call('POST', `/storage_pools/${pool}/volumes/${name}/purge`)
        if (reply.status === 200) purged++
      }
    }
    if (purged === 0) return left
  }
}

test('a whole life on Ceph, and nothing is left', { timeout: 900_000 }, async (t) => {
  const { appliance, stop } = await startBoth({})
  t.after(stop)
  const ceph = await startCeph(appliance.lab)
  const images = async () => JSON.parse(await ceph.admin('rbd', 'ls', '--format', 'json')) as string[]

  await t.test('a probe that fails says what, and nothing is recorded', async () => {
    const body = poolBody(ceph, { key: 'AQDKhkRlAAAAABAAQwTz+ZlbMDgBPJY0+ZZzzz==' })
    const reply = await appliance.call('POST', '/storage_pools/ceph', body)
    assert.equal(reply.status, 503, reply.text)
    assert.match(reply.text, /refuses user 'nacelle'/)
    assert.equal((await appliance.call('GET', '/storage_pools/ceph')).status, 404)
  })
  await appliance.api('POST', '/storage_pools/ceph', poolBody(ceph))
  const shown = (await appliance.call('GET', '/storage_pools/ceph')).text
  assert.ok(!shown.includes(ceph.key), 'the key is never shown')
  assert.match(shown, /"type": ?"ceph"/)
  await appliance.api('PUT', '/compute_pools/default', { storage: 'ceph' })

  const image = await life.uploadTiny(appliance)
  assert.deepEqual(await images(), [], 'images are kept where files can be')
  const id = await life.createGuest(appliance, life.createBody('web1', { from_image: image }))
  const agent = new GuestAgent(appliance.lab, id)

  await t.test('its disk is a thin clone of the image, which was brought here', async () => {
    assert.deepEqual((await images()).map((name) => name.split('-')[0]).sort(), ['disk', 'disk', 'image'])
    const [clone] = (await images()).filter((name) => name.startsWith('disk-'))
    const children = await ceph.admin('rbd', 'children', '--all', '--image', `image-${image}.raw`)
    assert.match(children, /rbd\/disk-/, clone)
  })
  await t.test('a second guest stands on the same copy', async () => {
    const second = await life.createGuest(appliance, life.createBody('web2', { from_image: image }))
    assert.equal((await images()).filter((name) => name.startsWith('image-')).length, 1)
    await life.deleteGuest(appliance, second)
  })
  await t.test('it starts and boots', async () => {
    await appliance.api('POST', `/instances/${id}`, {})
    await life.booted(appliance, id)
  })
  await t.test('a running snapshot of the disks brings back the old content', () =>
    life.snapshotBringsBack(appliance, id, false),
  )
  await t.test('a running snapshot with memory brings back the running guest', () =>
    life.snapshotBringsBack(appliance, id, true),
  )
  await t.test('a disk grows under it', async () => {
    await appliance.api('PUT', `/guests/${id}/disks/resize/1`, { size: 64 * mebibyte, immediate: true })
    const size = await waitFor('size', async () => {
      const sectors = Number(await agent.sh('cat /sys/block/vdb/size'))
      return sectors * 512 === 64 * mebibyte ? sectors : undefined
    })
    assert.ok(size)
  })
  await t.test('an image is built from it while it runs', async () => {
    const built = await appliance.api<{ id: string }>('POST', '/disk_images/', {
      ...{ name: 'from-web1', guest: id, owner: 'admin', group: 'manager' },
    })
    const created = async () =>
      (await appliance.api<{ created: boolean }>('GET', `/disk_images/${built.id}`)).created || undefined
    await waitFor('image', created, { timeoutMs: 120_000 })
    await appliance.api('DELETE', `/disk_images/${built.id}`)
  })
  await t.test('snapshots are deleted under it', async () => {
    const before = await agent.sh('cat /data/note')
    for (const name of ['disks-only', 'with-memory'])
      await appliance.api('DELETE', `/instances/${id}/snapshots/${name}`)
    assert.deepEqual(await appliance.api('GET', `/instances/${id}/snapshots/`), {})
    assert.equal(await agent.sh('cat /data/note'), before)
  })
  await t.test('it survives a stop and a start', async () => {
    await appliance.api('DELETE', `/instances/${id}`, { force: true })
    await appliance.api('POST', `/instances/${id}`, {})
    await agent.waitUntilReady(life.bootMs)
    assert.equal((await agent.sh('cat /data/note')).trim(), 'old')
  })
  await t.test('deleted, it waits in quarantine, and after the purge nothing is left', async () => {
    assert.equal((await appliance.call('DELETE', '/storage_pools/ceph')).status, 409)
    await life.deleteGuest(appliance, id)
    await appliance.api('DELETE', `/disk_images/${image}`)
    assert.deepEqual(await images(), [])
    assert.deepEqual(await purgeAll(appliance), [])
    assert.equal(await ceph.admin('rbd', 'trash', 'ls'), '')
    await appliance.api('PUT', '/compute_pools/default', { storage: 'local' })
    await appliance.api('DELETE', '/storage_pools/ceph')
    assert.equal(await appliance.lab.virsh('secret-list'), '')
    // What only snapshots still held is trimmed by the OSD in its own time.
    await waitFor(
      'objects of deleted snapshots to go',
      async () => {
        const objects = (await ceph.admin('rados', '--pool', 'rbd', 'ls')).split('\n')
        return objects.some((name) => /^rbd_(data|header|id|object_map)/.test(name)) ? undefined : true
      },
      { timeoutMs: 120_000 },
    )
  })
  assert.ok(!appliance.logs.includes(ceph.key), 'the key is in no log line')
})
