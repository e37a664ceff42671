import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyDraft } from './draft.ts'
import { copySeconds, usualSeconds } from './duration.ts'
import { batchRequest, guestRequest, hostNameOf, namePreview } from './request.ts'
import { isWhole, missingOn, stepOf, steps } from './steps.ts'

const draft = {
  ...emptyDraft(),
  name: ' web ',
  owner: 'lena',
  group: 'platform',
  pool: 'default',
  image: 'i-1',
}

test('what is left empty is left out', () => {
  const body = guestRequest(draft)
  assert.equal(body.name, 'web')
  assert.equal(body.from_image, 'i-1')
  for (const key of ['network_address', 'ethernet_address', 'template', 'firmware', 'security_policy_group'])
    assert.ok(!(key in body), key)
  assert.ok(!('admin_secret' in (body.cloud_init ?? {})))
})

test('the source that was not chosen is not sent', () => {
  assert.ok(!('from_image' in guestRequest({ ...draft, source: 'empty' })))
})

test('a guest that installs from a medium is not started before it has one', () => {
  assert.equal(guestRequest({ ...draft, autoStart: true }).auto_start, true)
  assert.equal(guestRequest({ ...draft, autoStart: true, source: 'media', media: 'm' }).auto_start, false)
})

test('a size below one MiB is not taken for MiB', () => {
  assert.deepEqual(guestRequest({ ...draft, diskBytes: [5000, 2 ** 31] }).disks, [0, 2 ** 31])
})

test('ports, tags and keys are lists', () => {
  const body = guestRequest({
    ...draft,
    tags: 'web, front end,web',
    ports: '80, 443;22',
    sshKeys: ' ssh-ed25519 A a\n\nssh-rsa B b ',
  })
  assert.deepEqual(body.tags, ['web', 'front end'])
  assert.deepEqual(body.ports, [80, 443, 22])
  assert.deepEqual(body.cloud_init?.ssh_keys, ['ssh-ed25519 A a', 'ssh-rsa B b'])
  assert.equal(guestRequest({ ...draft, hasCloudInit: false }).cloud_init, undefined)
})

test('a batch has no address of its own', () => {
  const body = batchRequest({ ...draft, namePrefix: 'web', count: 3, networkAddress: '10.0.0.9' })
  assert.equal(body.name_prefix, 'web')
  assert.equal(body.count, 3)
  assert.ok(!('network_address' in body))
})

test('names of a batch are shown before they are', () => {
  const batch = { ...draft, namePrefix: 'web', count: 2 }
  assert.deepEqual(namePreview(batch), ['platform.web_0', 'platform.web_1'])
  assert.deepEqual(namePreview({ ...batch, count: 500 }), [
    ...['platform.web_0', 'platform.web_1', 'platform.web_2', '…', 'platform.web_499'],
  ])
  assert.deepEqual(namePreview({ ...batch, nameRule: 'MAC', namePrefix: '' }), ['platform.525400xxxxxx'])
  assert.deepEqual(namePreview({ ...batch, count: Number.NaN }), [])
})

test('a host name has what host names may have', () => {
  assert.equal(hostNameOf('Web.Öffentlich_01'), 'web-o-ffentlich-01')
})

test('every field belongs to a step', () => {
  assert.equal(stepOf('disks[1]'), 'size')
  assert.equal(stepOf('cloud_init.ssh_keys[0]'), 'system')
  assert.equal(stepOf('wait'), undefined)
  for (const field of [...Object.keys(guestRequest(draft)), ...Object.keys(batchRequest(draft))])
    assert.ok(stepOf(field) !== undefined, field)
})

test('what is missing is told where it is asked', () => {
  assert.deepEqual(missingOn('source', { ...draft, image: '' }, 'guest'), { from_image: 'image' })
  assert.deepEqual(missingOn('identity', { ...draft, name: '' }, 'guest'), { name: 'name' })
  assert.deepEqual(missingOn('identity', draft, 'batch'), { name_prefix: 'namePrefix' })
  assert.equal(isWhole(draft, 'guest'), true)
  assert.equal(isWhole({ ...draft, nameRule: 'MAC' }, 'batch'), true)
  assert.equal(steps.at(-1), 'review')
})

test('the usual time is that of the middle one', () => {
  const parse = (time: string) => new Date(time)
  const took = (seconds: number) => ({
    start_time: new Date(0).toISOString(),
    finish_time: new Date(seconds * 1000).toISOString(),
  })
  assert.equal(usualSeconds([took(900), took(4), took(6)], parse), 6)
  assert.equal(usualSeconds([{ start_time: null, finish_time: null }], parse), undefined)
  assert.equal(copySeconds(1000 * 2 ** 20), 10)
})
