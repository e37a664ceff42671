// Security policies of a guest and of groups, with rules and their order.
import assert from 'node:assert/strict'
import type { OperationName } from './document-operations.ts'
import type { WalkWorld } from './document-walk.ts'

const ssh = { action: 'accept', protocol: 'tcp', from_address: '', to_address: '', to_port: 22 }
const web = { ...ssh, to_port: 80 }

export async function walkPolicies({ walk }: WalkWorld, guest: string): Promise<void> {
  await groups()
  await ofGuest('guest')
  await ofGuest('guests')

  async function groups(): Promise<void> {
    const body = {
      ...{ name: 'walked', description: '', user: 'admin', group: 'manager' },
      ...{ enabled: true, global: false, default_action: 'reject' },
    }
    const { id } = await walk.good<{ id: string }>('POST /security_policy_groups', { body })
    await walk.bad('POST /security_policy_groups', { body: { ...body, default_action: 'none' }, status: 400 })
    const at = [id]
    await walk.good('GET /security_policy_groups')
    await walk.bad('GET /security_policy_groups', { as: null })
    assert.equal((await walk.good('GET /security_policy_groups/{id}', { at }))['name'], 'walked')
    await walk.bad('GET /security_policy_groups/{id}', { at: ['none'], status: 404 })
    await walk.good('PUT /security_policy_groups/{id}', { at, body: { ...body, description: 'new' } })
    await walk.bad('PUT /security_policy_groups/{id}', { at: ['none'], body, status: 404 })
    const query = 'owner=admin&group=manager&enabled_only=true&global_only=false'
    const search = 'GET /search/security_policy_groups'
    assert.equal((await walk.good<unknown[]>(search, { query })).length, 1)
    await walk.bad(search, { query: 'enabled_only=perhaps', status: 400 })
    await rules('/security_policy_groups/{id}', id)
    await walk.good('DELETE /security_policy_groups/{id}', { at })
    await walk.bad('DELETE /security_policy_groups/{id}', { at, status: 404 })
  }

  async function ofGuest(generation: 'guest' | 'guests'): Promise<void> {
    const base = `/${generation}/{id}/security_policy` as const
    const at = [guest]
    await walk.good(`PUT ${base}/default_action`, { at, body: { action: 'reject' } })
    await walk.bad(`PUT ${base}/default_action`, { at, body: { action: 'none' }, status: 400 })
    assert.equal((await walk.good(`GET ${base}`, { at }))['default_action'], 'reject')
    await walk.bad(`GET ${base}`, { at: ['none'], status: 404 })
    await rules(base, guest)
    await walk.good(`PUT ${base}/default_action`, { at, body: { action: 'accept' } })
  }

  async function rules(base: string, id: string): Promise<void> {
    const all = (method: string) => `${method} ${base}/rules` as OperationName
    const one = (method: string) => `${method} ${base}/rules/{index}` as OperationName
    const order = `PUT ${base}/rules/{index}/order` as OperationName
    for (const body of [ssh, web]) await walk.good(all('POST'), { at: [id], body })
    await walk.bad(all('POST'), { at: [id], body: { ...ssh, to_port: 70_000 }, status: 400 })
    const ports = async () =>
      (await walk.good<{ to_port: number }[]>(all('GET'), { at: [id] })).map(({ to_port }) => to_port)
    assert.deepEqual(await ports(), [22, 80])
    await walk.bad(all('GET'), { at: ['none'], status: 404 })
    await walk.good(order, { at: [id, '1'], body: { direction: 'up' } })
    await walk.bad(order, { at: [id, '1'], body: { direction: 'left' }, status: 400 })
    assert.deepEqual(await ports(), [80, 22])
    await walk.good(one('PUT'), { at: [id, '0'], body: { ...web, to_port: 443 } })
    await walk.bad(one('PUT'), { at: [id, '9'], body: web, status: 404 })
    assert.equal((await walk.good(one('GET'), { at: [id, '0'] }))['to_port'], 443)
    await walk.bad(one('GET'), { at: [id, '9'], status: 404 })
    await walk.good(one('DELETE'), { at: [id, '1'] })
    await walk.good(one('DELETE'), { at: [id, '0'] })
    await walk.bad(one('DELETE'), { at: [id, '0'], status: 404 })
  }
}
