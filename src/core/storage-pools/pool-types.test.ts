import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../errors.ts'
import { checkFields, poolTypeNamed, poolTypes } from './pool-types.ts'
import type { StoragePoolRequest } from './storage-pool.ts'

const uuid = '11111111-2222-4333-8444-555555555555'
const key = 'AQDKhkRlAAAAABAAQwTz+ZlbMDgBPJY0+ZZzzz=='

function check(request: StoragePoolRequest) {
  const type = poolTypeNamed(request.type)
  checkFields(type, request)
  return poolTypes[type].check(request, uuid)
}

describe('types of storage pools', () => {
  const good: [request: StoragePoolRequest, host: string, target: string, options: object][] = [
    [{ type: 'local', target: '/srv/a' }, '', '/srv/a', { type: 'dir' }],
    [{ type: 'nfs', host: 'nas', target: '/e' }, 'nas', '/e', { type: 'nfs', mountOptions: '' }],
    [
      { type: 'nfs', host: '192.0.2.1', target: '/e', mountOptions: 'vers=4.2,nconnect=4' },
      ...(['192.0.2.1', '/e', { type: 'nfs', mountOptions: 'vers=4.2,nconnect=4' }] as const),
    ],
    [
      { type: 'ceph', host: 'mon1, mon2:3300', target: 'rbd', user: 'client.nacelle', secret: key },
      ...(['mon1:6789,mon2:3300', 'rbd', { type: 'rbd', user: 'nacelle', secretUuid: uuid }] as const),
    ],
    [
      { type: 'rbd', host: '2001:db8::1', target: 'vms' },
      ...(['[2001:db8::1]:6789', 'vms', { type: 'rbd', user: '', secretUuid: uuid }] as const),
    ],
    [
      { type: 'iscsi', host: 'san', target: 'iqn.2026-01.net.example:disks' },
      'san:3260',
      'iqn.2026-01.net.example:disks',
      { type: 'iscsi', chapUser: '', initiatorIqn: '', secretUuid: uuid },
    ],
  ]
  for (const [request, host, target, options] of good)
    test(`takes ${request.type} ${request.host ?? ''} ${request.target}`, () => {
      assert.deepEqual(check(request), { host, target, options })
    })

  const bad: [request: StoragePoolRequest, field: string][] = [
    [{ type: 'zfs', target: '/a' }, 'type'],
    [{ type: 'constructor', target: '/a' }, 'type'],
    [{ type: 'dir', target: '/srv/a', user: 'x' }, 'user'],
    [{ type: 'dir' }, 'target'],
    [{ type: 'nfs', target: '/e' }, 'host'],
    [{ type: 'nfs', host: 'nas:/e', target: '/e' }, 'host'],
    [{ type: 'nfs', host: '-o', target: '/e' }, 'host'],
    [{ type: 'nfs', host: 'nas', target: 'e' }, 'target'],
    [{ type: 'nfs', host: 'nas', target: '/e', mountOptions: 'ro; reboot' }, 'options'],
    [{ type: 'nfs', host: 'nas', target: '/e', secret: key }, 'key'],
    [{ type: 'ceph', host: '', target: 'rbd' }, 'monitors'],
    [{ type: 'ceph', host: 'a:99999', target: 'rbd' }, 'monitors'],
    [{ type: 'ceph', host: 'a', target: '-p' }, 'target'],
    [{ type: 'ceph', host: 'a', target: 'rbd/x@y' }, 'target'],
    [{ type: 'ceph', host: 'a', target: 'rbd', user: 'a b' }, 'user'],
    [{ type: 'ceph', host: 'a', target: 'rbd', user: 'a', secret: 'not a key' }, 'key'],
    [{ type: 'iscsi', host: 'a', target: '/dev/sda' }, 'iqn'],
    [{ type: 'iscsi', host: 'a', target: 'iqn.2026-01.x:y', chapUser: 'a b' }, 'chap_user'],
    [{ type: 'iscsi', host: '', target: 'iqn.2026-01.x:y' }, 'portal'],
  ]
  for (const [request, field] of bad)
    test(`refuses ${JSON.stringify(request)} by ${field}`, () => {
      assert.throws(
        () => check(request),
        (error) => error instanceof AppError && error.code === 'invalid' && error.field === field,
      )
    })

  test('knows pools that would be one and the same', () => {
    const ceph = (host: string, target: string) => check({ type: 'ceph', host, target })
    assert.ok(poolTypes.rbd.overlaps(ceph('a,b', 'vms'), ceph('b', 'vms')))
    assert.ok(!poolTypes.rbd.overlaps(ceph('a,b', 'vms'), ceph('b', 'images')))
    const nfs = (host: string, target: string) => check({ type: 'nfs', host, target })
    assert.ok(poolTypes.nfs.overlaps(nfs('nas', '/e'), nfs('nas', '/e/inside')))
    assert.ok(!poolTypes.nfs.overlaps(nfs('nas', '/e'), nfs('other', '/e')))
  })
})
