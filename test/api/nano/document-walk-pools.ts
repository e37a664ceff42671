// Compute, storage and address pools, cells, status, templates, migrations.
import assert from 'node:assert/strict'
import type { OperationName } from './document-operations.ts'
import type { WalkWorld } from './document-walk.ts'

export async function walkPools({ walk, cell, directory }: WalkWorld): Promise<void> {
  await addresses()
  await computePools()
  await cells()
  await storagePools()
  await status()
  await templates()
  await migrations()

  async function addresses() {
    const pool = { at: ['outer'] }
    await walk.good('POST /address_pools/{name}', {
      ...pool,
      body: { gateway: '172.31.3.254', dns: ['9.9.9.9'] },
    })
    await walk.bad('POST /address_pools/{name}', {
      at: ['x'],
      body: { gateway: 'none', dns: [] },
      status: 400,
    })
    await walk.good('GET /address_pools')
    await walk.bad('GET /address_pools', { as: null })
    assert.equal((await walk.good('GET /address_pools/{name}', pool))['gateway'], '172.31.3.254')
    await walk.bad('GET /address_pools/{name}', { at: ['none'], status: 404 })
    await walk.good('PUT /address_pools/{name}', { ...pool, body: { dns: ['8.8.8.8'] } })
    await walk.bad('PUT /address_pools/{name}', { ...pool, body: { gateway: 'none' }, status: 400 })
    const range = { at: ['outer', 'internal', '172.31.3.10'] }
    const body = { end: '172.31.3.20', netmask: '255.255.255.0' }
    const one = '/address_pools/{name}/{type}/ranges/{start}'
    await walk.good(`POST ${one}`, { ...range, body })
    await walk.bad(`POST ${one}`, { ...range, body, status: 409 })
    await walk.good(`GET ${one}`, range)
    await walk.bad(`GET ${one}`, { at: ['outer', 'internal', '172.31.3.99'], status: 404 })
    const ranges: OperationName = 'GET /address_pools/{name}/{type}/ranges'
    assert.equal((await walk.good<unknown[]>(ranges, { at: ['outer', 'internal'] })).length, 1)
    await walk.bad(ranges, { at: ['none', 'internal'], status: 404 })
    await walk.good(`DELETE ${one}`, range)
    await walk.bad(`DELETE ${one}`, { ...range, status: 404 })
    await walk.good('DELETE /address_pools/{name}', pool)
    await walk.bad('DELETE /address_pools/{name}', { ...pool, status: 404 })
  }

  async function computePools() {
    const pool = { at: ['fast'] }
    const body = { storage: 'local', network: 'default', network_mode: 'share', failover: false }
    await walk.good('POST /compute_pools/{pool}', { ...pool, body })
    await walk.bad('POST /compute_pools/{pool}', { ...pool, body, status: 409 })
    await walk.good('GET /compute_pools')
    await walk.bad('GET /compute_pools', { as: null })
    assert.equal((await walk.good('GET /compute_pools/{pool}', pool))['storage'], 'local')
    await walk.bad('GET /compute_pools/{pool}', { at: ['none'], status: 404 })
    await walk.good('PUT /compute_pools/{pool}', { ...pool, body: { enable: true } })
    await walk.bad('PUT /compute_pools/{pool}', { ...pool, body: { storage: 'none' } })
  }

  async function cells() {
    const one = '/compute_pool_cells/{pool}/{cell}'
    await walk.good(`DELETE ${one}`, { at: ['default', cell] })
    await walk.bad(`DELETE ${one}`, { at: ['default', cell], status: 404 })
    assert.equal((await walk.good<unknown[]>('GET /compute_pool_cells')).length, 1)
    await walk.bad('GET /compute_pool_cells', { as: null })
    await walk.good(`POST ${one}`, { at: ['default', cell] })
    await walk.bad(`POST ${one}`, { at: ['default', 'none'], status: 404 })
    await walk.good('GET /compute_pool_cells/{pool}', { at: ['default'] })
    await walk.bad('GET /compute_pool_cells/{pool}', { at: ['none'], status: 404 })
    await walk.good(`PUT ${one}`, { at: ['default', cell], body: { enable: false } })
    await walk.good(`PUT ${one}`, { at: ['default', cell], body: { enable: true } })
    await walk.bad(`PUT ${one}`, { at: ['default', cell], body: { enable: 'yes' }, status: 400 })
    assert.equal((await walk.good(`GET ${one}`, { at: ['default', cell] }))['alive'], true)
    await walk.bad(`GET ${one}`, { at: ['default', 'none'], status: 404 })
    await walk.good('DELETE /compute_pools/{pool}', { at: ['fast'] })
    await walk.bad('DELETE /compute_pools/{pool}', { at: ['default'], status: 409 })
  }

  async function storagePools() {
    const pool = { at: ['second'] }
    const body = { type: 'dir', host: '', target: directory }
    await walk.good('POST /storage_pools/{pool}', { ...pool, body })
    await walk.bad('POST /storage_pools/{pool}', { at: ['third'], body: { type: 'tape' } })
    await walk.good('GET /storage_pools')
    await walk.bad('GET /storage_pools', { as: null })
    assert.equal((await walk.good('GET /storage_pools/{pool}', pool))['target'], directory)
    await walk.bad('GET /storage_pools/{pool}', { at: ['none'], status: 404 })
    await walk.good('PUT /storage_pools/{pool}', { ...pool, body })
    await walk.bad('PUT /storage_pools/{pool}', { at: ['none'], body, status: 404 })
  }

  async function status() {
    for (const name of ['GET /compute_zone_status', 'GET /compute_pool_status'] as const) {
      await walk.good(name)
      await walk.bad(name, { as: null })
    }
    for (const name of [
      'GET /compute_pool_status/{pool}',
      'GET /compute_cell_status/{pool}',
      'GET /instance_status/{pool}',
    ] as const) {
      await walk.good(name, { at: ['default'] })
      await walk.bad(name, { at: ['none'], status: 404 })
    }
    for (const name of [
      'GET /compute_cell_status/{pool}/{cell}',
      'GET /instance_status/{pool}/{cell}',
      'GET /compute_cell_status/{pool}/{cell}/storages',
    ] as const) {
      await walk.good(name, { at: ['default', cell] })
      await walk.bad(name, { at: ['default', 'none'], status: 404 })
    }
    const storages = 'PUT /compute_cell_status/{pool}/{cell}/storages'
    for (const pool of ['second', 'local'])
      await walk.good(storages, { at: ['default', cell], body: { default: pool } })
    await walk.bad(storages, { at: ['default', cell], body: { default: '/none' } })
    await walk.good('DELETE /storage_pools/{pool}', { at: ['second'] })
    await walk.bad('DELETE /storage_pools/{pool}', { at: ['local'], status: 409 })
  }

  async function templates() {
    const body = { name: 'Walked', admin: 'root', operating_system: 'linux', disk: 'scsi', network: 'virtio' }
    const { id } = await walk.good('POST /templates', { body })
    await walk.bad('POST /templates', { body: { ...body, name: 'x', disk: 'tape' }, status: 400 })
    await walk.good('GET /templates')
    await walk.bad('GET /templates', { as: null })
    const at = [String(id)]
    assert.equal((await walk.good('GET /templates/{id}', { at }))['name'], 'Walked')
    await walk.bad('GET /templates/{id}', { at: ['none'], status: 404 })
    await walk.good('PUT /templates/{id}', { at, body: { ...body, admin: 'admin' } })
    await walk.bad('PUT /templates/{id}', { at: ['none'], body, status: 404 })
    await walk.good('DELETE /templates/{id}', { at })
    await walk.bad('DELETE /templates/{id}', { at, status: 404 })
  }

  async function migrations() {
    assert.deepEqual(await walk.good('GET /migrations'), [])
    await walk.bad('GET /migrations', { as: null })
    const body = { source_pool: 'default', source_cell: cell, target_cell: 'new-cell', instances: [] }
    const refused = await walk.bad('POST /migrations', { body, status: 422 })
    assert.match(String(refused['message']), /'new-cell' is no peer/)
    await walk.bad('GET /migrations/{id}', { at: ['abcdef-1234567890'], status: 404 })
  }
}
