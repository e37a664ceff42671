// The bundle for who helps from afar: what is inside, and that no secret of the appliance is.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import * as cellSchema from '../../../src/db/cell-schema.ts'
import * as schema from '../../../src/db/schema.ts'
import { makeGuest, openTestAppliance, type TestAppliance, tokenOf } from '../../support/appliance.ts'

let t: TestAppliance
let guest: string
const secrets = { password: 'hunter2-of-a-user', chap: 'chap-word-of-a-pool', admin: 'word-inside-a-guest' }
let session: string
let token: string

before(async () => {
  t = await openTestAppliance()
  const { zone, secrets: sealed } = t.appliance
  const told = async (method: string, path: string, body: object) => {
    const answer = await t.call(method, path, body)
    assert.ok(answer.status < 300, `${path}: ${answer.text}`)
    return answer.data as Record<string, string>
  }
  await told('POST', '/users/dora', { password: secrets.password })
  await told('POST', '/user_groups/manager/members/dora', {})
  session = (await told('POST', '/sessions/', { user: 'dora', password: secrets.password }))['session'] ?? ''
  // Tokens are made by who has logged in.
  const made = await t.as(session)('POST', '/tokens', { name: 'robot' })
  token = (made.data as { token: string }).token
  guest = await makeGuest(t, {
    ...{ name: 'sealed', modules: ['qemu', 'cloud-init'] },
    cloud_init: { root_enabled: true, admin_name: 'root', admin_secret: secrets.admin },
  })
  const pool = {
    ...{ name: 'luns', type: 'iscsi', host: '192.0.2.7:3260', target: 'iqn.2026-01.example:luns' },
    options: { type: 'iscsi', chapUser: 'initiator', initiatorIqn: '', initiator: 'qemu' },
    ...{ secret: sealed.encrypt(secrets.chap, 'storage_pool:luns'), createdAt: 1 },
  }
  await zone.commit({ who: 'test', requestId: 'test', action: 'a pool' }, [
    { table: 'storagePool', key: 'luns', before: null, after: pool as never },
  ])
})
after(() => t.close())

async function bundle(who: string) {
  const headers = { authorization: `Bearer ${tokenOf(who)}` }
  const response = await t.app.request('/support_bundle', { headers })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/gzip')
  assert.match(
    response.headers.get('content-disposition') ?? '',
    /filename="nacelle-support-[\d-]+\.tar\.gz"/,
  )
  const files = new Map<string, string>()
  const archive = Readable.from(Buffer.from(await response.arrayBuffer()))
    .pipe(createGunzip())
    .pipe(extract())
  for await (const entry of archive)
    files.set(entry.header.name.replace(/^nacelle-support-[\d-]+\//, ''), await text(entry as never))
  return files
}

test('who may read everything gets everything', async () => {
  const files = await bundle('admin')
  for (const name of ['version', 'configuration', 'settings', 'doctor', 'attention', 'tasks', 'reconcilers'])
    assert.doesNotThrow(() => JSON.parse(files.get(`${name}.json`) ?? ''), name)
  assert.match(files.get('version.json') ?? '', /"version": "/)
  assert.match(files.get('storage-pools.json') ?? '', /iqn\.2026-01\.example:luns/)
  assert.match(files.get('tasks.json') ?? '', /"kind": "guest\.create"/)
  assert.match(files.get('journal.json') ?? '', /"guest [0-9a-f-]+"/)
  assert.ok(files.get(`domains/${guest}.xml`)?.includes(`<uuid>${guest}</uuid>`))
  assert.equal(files.get('left-out.txt'), 'nothing\n')
})

test('no secret is inside, neither plain nor sealed nor hashed', async () => {
  const whole = [...(await bundle('admin')).values()].join('\n')
  const { zone, secrets: sealed } = t.appliance
  const recorded = [
    ...zone.db
      .select()
      .from(schema.user)
      .all()
      .map(({ passwordHash }) => passwordHash),
    ...zone.db
      .select()
      .from(schema.token)
      .all()
      .map(({ secretHash }) => secretHash),
    ...zone.db
      .select()
      .from(cellSchema.session)
      .all()
      .map(({ secretHash }) => secretHash),
    ...zone.db
      .select()
      .from(schema.storagePool)
      .all()
      .map(({ secret }) => secret),
  ].filter((one) => one)
  assert.ok(recorded.length > 5, 'there are secrets to look for')
  const row = zone.db
    .select()
    .from(schema.guest)
    .all()
    .find(({ id }) => id === guest)
  assert.ok(row?.adminSecret && session && token)
  const all = [
    ...Object.values(secrets),
    ...recorded,
    ...[session, token, row.adminSecret, row.monitorSecret, tokenOf('admin')],
    sealed.decrypt(row.monitorSecret, `guest:${guest}:monitor`),
  ]
  for (const secret of all) assert.equal(whole.includes(secret as string), false, `${secret} is inside`)
})

test('what the caller may not read is left out, and named', async () => {
  assert.equal((await t.as('alice')('GET', '/support_bundle')).status, 403)
  assert.equal((await t.as(null)('GET', '/support_bundle')).status, 401)
  const made = await t.as(session)('POST', '/tokens', { name: 'narrow', permissions: ['system.read'] })
  const headers = { authorization: `Bearer ${(made.data as { token: string }).token}` }
  const response = await t.app.request('/support_bundle', { headers })
  const names: string[] = []
  let leftOut = ''
  const archive = Readable.from(Buffer.from(await response.arrayBuffer()))
    .pipe(createGunzip())
    .pipe(extract())
  for await (const entry of archive) {
    names.push(entry.header.name)
    const content = await text(entry as never)
    if (entry.header.name.endsWith('/left-out.txt')) leftOut = content
  }
  assert.ok(names.some((name) => name.endsWith('/doctor.json')))
  assert.equal(
    names.some((name) => /journal|tasks|storage|domains/.test(name)),
    false,
  )
  for (const name of ['journal.json', 'tasks.json', 'storage-pools.json', 'domains'])
    assert.ok(leftOut.includes(`${name}: `), name)
})
