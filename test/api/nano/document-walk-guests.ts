// A guest from its creation to its end, its instance, console, snapshots, and many guests at once.
import assert from 'node:assert/strict'
import type { OperationName } from './document-operations.ts'
import type { WalkWorld } from './document-walk.ts'
import type { WalkImages } from './document-walk-images.ts'
import { walkPolicies } from './document-walk-policies.ts'

const mib = 2 ** 20
const body = {
  owner: 'admin',
  group: 'manager',
  pool: 'default',
  cores: 1,
  memory: 192 * mib,
  disks: [128 * mib, 32 * mib],
  auto_start: false,
}

export async function walkGuests(world: WalkWorld, images: WalkImages): Promise<void> {
  const { walk } = world
  const gone = { at: ['none'], status: 404 }
  const id = await created()
  const at = [id]
  await found()
  await changed('guest')
  await changed('guests')
  await walkPolicies(world, id)
  await started()
  await instance()
  await snapshots()
  await stopped()
  await built()
  await batches()
  await walk.good('DELETE /guests/{id}', { at, body: { force: true } })
  await walk.bad('DELETE /guests/{id}', { at, body: { force: true }, status: 404 })

  async function untilCreated(guest: string): Promise<void> {
    for (;;) {
      const seen = await walk.good('GET /guests/{id}', { at: [guest] })
      if (seen['created'] === true) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async function created(): Promise<string> {
    const wanted = { ...body, name: 'walked', from_image: images.disk, cloud_init: { admin_name: 'root' } }
    const made = await walk.good<{ id: string }>('POST /guests', { body: wanted, status: 202 })
    await walk.bad('POST /guests', { body: { ...wanted, name: '' }, status: 400 })
    await untilCreated(made.id)
    await walk.bad('GET /guests/{id}', gone)
    return made.id
  }

  async function found(): Promise<void> {
    const query = 'pool=default&owner=admin&status=0&created=true'
    assert.equal((await walk.good<unknown[]>('GET /guest_search', { query })).length, 1)
    await walk.bad('GET /guest_search', { status: 400 })
    const page = await walk.good('POST /search/guests', { body: { limit: 10, offset: 0, keyword: 'walk' } })
    assert.equal(page['total'], 1)
    await walk.bad('POST /search/guests', { body: { limit: 0 }, status: 400 })
  }

  /** Of a stopped guest, by one generation of paths. */
  async function changed(generation: 'guest' | 'guests'): Promise<void> {
    const put = (rest: string) => `PUT /${generation}/{id}/${rest}` as OperationName
    const again = generation === 'guests'
    const disk = { at: [id, '1'] }
    await walk.good(put('cores'), { at, body: { cores: again ? 1 : 2, immediate: false } })
    await walk.bad(put('cores'), { at, body: { cores: 0 }, status: 400 })
    await walk.good(put('memory'), { at, body: { memory: (again ? 192 : 224) * mib } })
    await walk.bad(put('memory'), { at, body: { memory: 'much' }, status: 400 })
    await walk.good(put('disks/resize/{disk}'), { ...disk, body: { size: (again ? 64 : 48) * mib } })
    await walk.bad(put('disks/resize/{disk}'), { ...disk, body: { size: 16 * mib }, status: 400 })
    await walk.good(put('disks/shrink/{disk}'), { ...disk, body: { immediate: false } })
    await walk.bad(put('disks/shrink/{disk}'), { at: [id, '9'], body: {}, status: 404 })
    await walk.good(put('system'), { at, body: { from_image: images.disk } })
    await untilCreated(id)
    await walk.bad(put('system'), { at, body: { from_image: 'none' }, status: 404 })
    const name = again ? 'manager.walked' : 'walked-on'
    await walk.good(put('name'), { at, body: { name } })
    await walk.bad(put('name'), { at, body: { name: 'a b' }, status: 400 })
    await walk.good(put('auto_start'), { at, body: { enable: false } })
    await walk.bad(put('auto_start'), { at, body: {}, status: 400 })
    await walk.good(put('qos/cpu'), { at, body: { priority: 'low' } })
    await walk.bad(put('qos/cpu'), { at, body: { priority: 'none' }, status: 400 })
    await walk.good(put('qos/disk'), { at, body: { read_iops: 1000, write_iops: 1000 } })
    await walk.bad(put('qos/disk'), { at, body: { read_iops: -1 }, status: 400 })
    // Taken away again before it starts: not every kernel can limit it.
    const speed = again ? 0 : 1 << 20
    await walk.good(put('qos/network'), { at, body: { receive_speed: speed, send_speed: speed } })
    await walk.bad(put('qos/network'), { at, body: { send_speed: 'fast' }, status: 400 })
    await walk.good(put('monitor/secret'), { at })
    await walk.bad(put('monitor/secret'), gone)
    await walk.bad(put('auth'), { at, body: { user: 'root' }, status: 409 })
    const auth = `GET /${generation}/{id}/auth` as OperationName
    assert.equal((await walk.good(auth, { at }))['user'], 'root')
    await walk.bad(auth, gone)
  }

  async function started(): Promise<void> {
    await walk.good('POST /instances/{id}', { at, body: {} })
    await walk.bad('POST /instances/{id}', { at, body: {}, status: 409 })
    assert.equal((await walk.good('GET /instances/{id}', { at }))['running'], true)
    await walk.bad('GET /instances/{id}', gone)
    await world.untilAgent(id)
    for (const generation of ['guest', 'guests'] as const) {
      const wanted = { user: 'root', password: `asdb12356-${generation}` }
      const answer = await walk.good(`PUT /${generation}/{id}/auth`, { at, body: wanted })
      assert.deepEqual(answer, wanted)
    }
  }

  async function instance(): Promise<void> {
    const insert = 'POST /instances/{id}/media'
    await walk.good(insert, { at, body: { source: images.media, type: 0 } })
    await walk.bad(insert, { at, body: { source: 'none' }, status: 404 })
    await walk.good('DELETE /instances/{id}/media', { at })
    await walk.bad('DELETE /instances/{id}/media', { at, status: 409 })
    const channel = await walk.good('POST /monitor_channels', { body: { guest: id } })
    assert.equal(channel['protocol'], 'vnc')
    await walk.bad('POST /monitor_channels', { body: { guest: 'none' }, status: 404 })
  }

  async function snapshots(): Promise<void> {
    const [all, one] = ['/instances/{id}/snapshots', '/instances/{id}/snapshots/{name}'] as const
    await walk.good(`POST ${all}`, { at, body: { name: 'snapshot1', description: 'an example' } })
    await walk.bad(`POST ${all}`, { at, body: { name: 'snapshot1' }, status: 409 })
    assert.deepEqual(Object.keys(await walk.good(`GET ${all}`, { at })), ['snapshot1'])
    await walk.bad(`GET ${all}`, gone)
    await walk.good(`PUT ${all}`, { at, body: { target: 'snapshot1' } })
    await walk.bad(`PUT ${all}`, { at, body: { target: 'none' }, status: 404 })
    const place = { at: [id, 'snapshot1'] }
    assert.equal((await walk.good(`GET ${one}`, place))['description'], 'an example')
    await walk.bad(`GET ${one}`, { at: [id, 'none'], status: 404 })
    await walk.good(`DELETE ${one}`, place)
    await walk.bad(`DELETE ${one}`, { ...place, status: 404 })
  }

  async function stopped(): Promise<void> {
    // A restore has ended it, as it said.
    await walk.bad('DELETE /instances/{id}', { at, body: { reboot: false, force: true }, status: 409 })
    await walk.good('POST /instances/{id}', { at, body: { from_media: true, source: images.media } })
    await walk.good('DELETE /instances/{id}', { at, body: { reboot: false, force: true } })
  }

  async function built(): Promise<void> {
    const wanted = { name: 'of-walked', owner: 'admin', group: 'manager', guest: id }
    const made = await walk.good<{ id: string }>('POST /disk_images', { body: wanted, status: 202 })
    for (;;) {
      const image = await walk.good('GET /disk_images/{id}', { at: [made.id] })
      if (image['created'] === true) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await walk.good('DELETE /disk_images/{id}', { at: [made.id] })
  }

  async function batches(): Promise<void> {
    const rest = { ...body, name_rule: 'order', name_prefix: 'many', count: 2, from_image: images.disk }
    const items = await batch('create', { ...rest, disks: [64 * mib] }, { ...rest, count: 0 })
    assert.deepEqual(
      items.map(({ name, status }) => `${name} ${status}`),
      ['manager.many_0 created', 'manager.many_1 created'],
    )
    const guest = items.map((item) => item.id)
    const stopped = await batch('stop', { guest, force: true }, { guest: [] })
    assert.equal(stopped.length, 2)
    const deleted = await batch('delete', { guest: [...guest, 'none'], force: true }, { guest: 'all' })
    assert.deepEqual(
      deleted.map(({ status }) => status),
      ['deleted', 'deleted', 'fail'],
    )
  }

  async function batch(what: 'create' | 'stop' | 'delete', good: object, bad: object) {
    const path = `/batch/${what}_guest` as const
    const { id: started } = await walk.good<{ id: string }>(`POST ${path}`, { body: good, status: 202 })
    await walk.bad(`POST ${path}`, { body: bad, status: 400 })
    await walk.bad(`GET ${path}/{id}`, gone)
    for (;;) {
      const items = await walk.good<{ id: string; name: string; status: string }[]>(`GET ${path}/{id}`, {
        at: [started],
      })
      if (items.every(({ status }) => !/ing$/.test(status))) return items
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
