import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recorded } from '../../../test/support/recorded.ts'
import { AppError } from '../../core/errors.ts'
import { CommandError } from '../exec.ts'
import { iscsiadmFailure } from './failures.ts'
import { lunsIn, nodesIn } from './iscsiadm.ts'
import type { Target } from './lun.ts'
import { recordPrefix, withPassword } from './node-record.ts'
import { shownLuns } from './qemu-initiator.ts'

const iqn = 'iqn.2026-01.test.example:disks'
const target: Target = {
  portal: { name: '10.77.0.1', port: 3260 },
  iqn,
  initiatorIqn: 'iqn.2026-01.test.example:host',
  chap: { user: 'joe', password: 'secret', secretUuid: 'x' },
}
const output = async (command: string, exitCode = 0) =>
  (await recorded('nested-guest.txt', command)).find((one) => one.exitCode === exitCode)!.output

test('recorded: discovery, sessions and attached disks are read', async () => {
  const node = { iqn, portal: '10.77.0.1:3260' }
  assert.deepEqual(nodesIn(await output('iscsiadm -m discovery')), [node])
  assert.deepEqual(nodesIn(await output('iscsiadm -m session')), [node])
  assert.deepEqual(nodesIn(await output('iscsiadm -m session', 21)), [])
  assert.deepEqual(lunsIn(await output('iscsiadm -m session -P 3'), iqn), [1, 2])
  assert.deepEqual(lunsIn(await output('iscsiadm -m session -P 3'), 'iqn.2026-01.test.example:other'), [])
})

test('recorded: a refused login names CHAP', async () => {
  const stderr = await output(
    'iscsiadm -m node -T iqn.2026-01.test.example:disks -p 10.77.0.1:3260 --login',
    24,
  )
  const error = new CommandError('iscsiadm', [], { exitCode: 24, signal: null, stdout: '', stderr })
  const told = iscsiadmFailure(error, target)
  assert.ok(told instanceof AppError)
  assert.match(told.message, /refuses the CHAP user 'joe' or its password/)
})

test('recorded: the password goes into the record where iscsiadm keeps it, once', async () => {
  const record = await output('sh -c find /etc/iscsi')
  const once = withPassword(record, 'first')
  const twice = withPassword(once, 'second')
  assert.deepEqual(
    twice.split('\n').filter((line) => line.includes('password')),
    ['node.session.auth.password = second'],
  )
  assert.ok(twice.indexOf('password') < twice.indexOf('# END RECORD'))
  assert.equal(recordPrefix('10.77.0.1:3260'), '10.77.0.1,3260,')
  assert.equal(recordPrefix('[fe80::1]:3260'), 'fe80::1,3260,')
})

test('the list of libiscsi: only disks, only of this target', () => {
  const text =
    `Target:iqn.2026-01.test.example:other Portal:10.77.0.1:3260,1\nLun:1    Type:DIRECT_ACCESS (Size:1G)\n` +
    `Target:${iqn} Portal:10.77.0.1:3260,1\nLun:0    Type:STORAGE_ARRAY_CONTROLLER\n` +
    `Lun:1    Type:DIRECT_ACCESS (Size:63M)\nLun:12    Type:DIRECT_ACCESS (Size:127M)\n`
  assert.deepEqual(
    shownLuns(text, target).map(({ number }) => number),
    [1, 12],
  )
  assert.throws(() => shownLuns('', target), /it offers none/)
})
