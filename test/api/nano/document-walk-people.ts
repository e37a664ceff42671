// Roles, groups, members, users, sessions, logs, what groups share.
import assert from 'node:assert/strict'
import type { WalkWorld } from './document-walk.ts'

const password = 'correct horse'

export async function walkPeople({ walk }: WalkWorld): Promise<void> {
  await roles()
  await groups()
  await users()
  await sessions()
  await logs()
  await visibilities()
  await removals()

  async function roles() {
    const menu = ['dashboard', 'compute_pool', 'address_pool', 'instance']
    await walk.good('POST /roles/{role_name}', { at: ['sailor'], body: { menu } })
    await walk.bad('POST /roles/{role_name}', { at: ['sailor'], body: { menu }, status: 409 })
    assert.ok((await walk.good<string[]>('GET /roles')).includes('sailor'))
    await walk.bad('GET /roles', { as: null })
    assert.deepEqual((await walk.good('GET /roles/{role_name}', { at: ['sailor'] }))['menu'], menu)
    await walk.bad('GET /roles/{role_name}', { at: ['nobody'], status: 404 })
    await walk.good('PUT /roles/{role_name}', { at: ['sailor'], body: { menu: ['dashboard'] } })
    await walk.bad('PUT /roles/{role_name}', { at: ['sailor'], body: { menu: 'all' }, status: 400 })
  }

  async function groups() {
    const body = { display: 'Crew', role: ['sailor'] }
    await walk.good('POST /user_groups/{group_name}', { at: ['crew'], body })
    await walk.bad('POST /user_groups/{group_name}', { at: ['other'], body: { role: ['x'] }, status: 400 })
    await walk.good('GET /user_groups')
    await walk.bad('GET /user_groups', { as: null })
    assert.deepEqual((await walk.good('GET /user_groups/{group_name}', { at: ['crew'] }))['role'], ['sailor'])
    await walk.bad('GET /user_groups/{group_name}', { at: ['nobody'], status: 404 })
    await walk.good('PUT /user_groups/{group_name}', { at: ['crew'], body: { display: 'The crew' } })
    await walk.bad('PUT /user_groups/{group_name}', { at: ['nobody'], body: {}, status: 404 })
  }

  async function users() {
    const body = { nick: 'AK', mail: 'a@b.com', password }
    await walk.good('POST /users/{user_name}', { at: ['akumas'], body })
    await walk.bad('POST /users/{user_name}', { at: ['short'], body: { password: 'a' }, status: 400 })
    assert.ok((await walk.good<string[]>('GET /users')).includes('akumas'))
    await walk.bad('GET /users', { as: null })
    assert.equal((await walk.good('GET /users/{user_name}', { at: ['akumas'] }))['mail'], 'a@b.com')
    await walk.bad('GET /users/{user_name}', { at: ['nobody'], status: 404 })
    await walk.good('PUT /users/{user_name}', { at: ['akumas'], body: { nick: 'A.' } })
    await walk.bad('PUT /users/{user_name}', { at: ['akumas'], body: { mail: 'none' }, status: 400 })
    await walk.good('PUT /users/{user_name}/password', { at: ['akumas'], body: { new: password } })
    await walk.bad('PUT /users/{user_name}/password', { at: ['akumas'], body: { new: 'a' }, status: 400 })
    const member = 'POST /user_groups/{group_name}/members/{user_name}'
    await walk.good(member, { at: ['crew', 'akumas'] })
    await walk.bad(member, { at: ['crew', 'nobody'], status: 404 })
    const members = 'GET /user_groups/{group_name}/members'
    assert.deepEqual(await walk.good(members, { at: ['crew'] }), ['akumas'])
    await walk.bad(members, { at: ['nobody'], status: 404 })
    assert.deepEqual(await walk.good('GET /user_search', { query: 'group=crew' }), ['akumas'])
    await walk.bad('GET /user_search', { query: 'group=nobody', status: 404 })
  }

  async function sessions() {
    const login = { user: 'akumas', password, nonce: '1234567890' }
    const { session } = await walk.good('POST /sessions', { body: login, as: null })
    await walk.bad('POST /sessions', { body: { ...login, password: 'wrong' }, as: null, status: 401 })
    const id = String(session)
    const read = await walk.good('GET /sessions/{session_id}', { at: [id], as: id })
    assert.deepEqual([read['user'], read['menu']], ['akumas', ['dashboard']])
    await walk.bad('GET /sessions/{session_id}', { at: ['none'], status: 404 })
    await walk.good('PUT /sessions/{session_id}', { at: [id], as: id })
    await walk.bad('PUT /sessions/{session_id}', { at: ['none'], status: 404 })
    await walk.good('GET /sessions')
    await walk.bad('GET /sessions', { as: null })
  }

  async function logs() {
    const body = { format: 'string', content: 'somebody creates a new instance' }
    await walk.good('POST /logs', { body })
    await walk.bad('POST /logs', { body: { content: ' ' }, status: 400 })
    const newest = await walk.good<{ id: string; content: string }[]>('GET /logs', { query: 'limit=1' })
    assert.equal(newest[0]?.content, body.content)
    await walk.bad('GET /logs', { query: 'limit=none', status: 400 })
    const late = await walk.good<unknown[]>('GET /logs', { query: 'after=2999-01-01%2000:00:00&limit=5' })
    assert.deepEqual(late, [])
    const page = await walk.good('GET /api/v1/logs', { query: 'start=0&limit=1&before=2999-01-01' })
    assert.deepEqual(Object.keys(page), ['logs', 'total'])
    await walk.bad('GET /api/v1/logs', { query: 'after=yesterday', status: 400 })
    await walk.good('DELETE /logs', { body: { entries: [newest[0]?.id] } })
    await walk.bad('DELETE /logs', { body: { entries: [newest[0]?.id] }, status: 404 })
  }

  async function visibilities() {
    const shared = await walk.good('GET /resource_visibilities')
    assert.equal(shared['instance_visible'], true)
    await walk.bad('GET /resource_visibilities', { as: null })
    const body = { instance_visible: true, disk_image_visible: true, media_image_visible: true }
    await walk.good('PUT /resource_visibilities', { body })
    await walk.bad('PUT /resource_visibilities', { body: { instance_visible: 1 }, status: 400 })
  }

  async function removals() {
    const member = 'DELETE /user_groups/{group_name}/members/{user_name}'
    await walk.good(member, { at: ['crew', 'akumas'] })
    await walk.bad(member, { at: ['crew', 'akumas'], status: 404 })
    for (const [name, key] of [
      ['DELETE /users/{user_name}', 'akumas'],
      ['DELETE /user_groups/{group_name}', 'crew'],
      ['DELETE /roles/{role_name}', 'sailor'],
    ] as const) {
      await walk.good(name, { at: [key] })
      await walk.bad(name, { at: [key], status: 404 })
    }
  }
}
