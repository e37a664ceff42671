import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskView } from '../../tasks/saga.ts'
import { type Log, type OperationContext, systemContext } from '../context.ts'
import { type AttentionDeps, createAttention } from './attention.ts'
import { certificateNeeds, doctorNeeds, poolNeeds } from './needs.ts'
import { remembered } from './remembered.ts'

const silent: Log = {
  ...{ debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  child: () => silent,
}
const gib = 2 ** 30

function opOf(name: string, permissions: string[]): OperationContext {
  const who = { name, kind: 'user' as const, groups: [], permissions: new Set(permissions) }
  return { ...systemContext(silent), who }
}

const stuck: TaskView = {
  ...{ id: 't1', kind: 'guest.create', subject: 'guest:g', title: 'Create a', state: 'stuck', step: 'disks' },
  ...{ progress: 3, result: null, cancelRequested: false, who: 'ann', requestId: 'r' },
  ...{ error: { code: 'internal', message: 'secret words of a tool' }, createdAt: 1, startedAt: 1 },
  finishedAt: null,
}

/** Everything is wrong. */
function deps(change: Partial<AttentionDeps> = {}): AttentionDeps {
  const usage = { totalBytes: 100 * gib, freeBytes: 2 * gib, quarantinedBytes: 1 * gib }
  const stores: Record<string, object> = {
    full: { usage: async () => usage },
    away: { usage: async () => Promise.reject(new Error('no route to host')) },
  }
  return {
    zone: undefined as never,
    tasks: { list: () => ({ tasks: [stuck], total: 1 }), events: () => [{ time: 77 }] } as never,
    live: { runningIds: () => [] } as never,
    storagePools: { names: () => Object.keys(stores), store: (name) => stores[name] as never },
    stateDisk: {
      refusal: () => 'the disk is full',
      status: () => ({ freeBytes: 0, reserveBytes: 0, readOnlySince: 5 }),
    },
    reconcilers: {
      status: () => [
        { name: 'firewall', lastEndedAt: 9, lastError: 'nft failed', lastSummary: null },
        {
          ...{ name: 'volumes', lastEndedAt: 9, lastError: null },
          lastSummary: { findings: ["full: 'x.qcow2' belongs to nobody: adopt or quarantine it"] },
        },
      ],
    },
    look: async () => ({
      ...{ version: '1', exit: 2 },
      findings: [{ id: 'kvm', state: 'warning', title: 'KVM', detail: 'is not there', mend: 'modprobe kvm' }],
    }),
    certificateEnd: () => 0,
    now: () => 86_400_000,
    ...change,
  }
}

test('who looks after the host is told of everything, the worst first', async () => {
  const needs = await createAttention(deps()).list(opOf('root', ['*']))
  assert.deepEqual(
    needs.map(({ id, severity }) => `${severity} ${id}`),
    [
      'error task.stuck/t1',
      'error storage_pool.full/full',
      'error storage_pool.silent/away',
      'error state_disk.full',
      'error certificate.expires',
      "warning volume/full: 'x.qcow2' belongs to nobody: adopt or quarantine it",
      'warning reconciler.failed/firewall',
      'warning host/kvm',
    ],
  )
  assert.equal(needs[0]?.since, 77)
  assert.match(needs[0]?.sentence ?? '', /secret words of a tool/)
  for (const need of needs) assert.ok(need.mend.length > 5 && need.subject !== '', need.id)
})

test('others are told of what they may read, and not of the words of tools', async () => {
  const attention = createAttention(deps())
  const own = await attention.list(opOf('ann', ['task.read.own']))
  assert.deepEqual(
    own.map(({ id }) => id),
    ['task.stuck/t1'],
  )
  assert.doesNotMatch(JSON.stringify(own), /secret words/)
  assert.deepEqual(await attention.list(opOf('bob', ['task.read.own', 'guest.read.own'])), [])
  const storage = await attention.list(opOf('bob', ['storage.read']))
  assert.deepEqual([...new Set(storage.map(({ kind }) => kind))], ['storage_pool', 'volume'])
})

test('the host is looked at once, behind the back of who asks', async () => {
  let looks = 0
  const slow = Promise.withResolvers<never>()
  const attention = createAttention(
    deps({
      look: () => {
        looks += 1
        return slow.promise
      },
    }),
  )
  const began = performance.now()
  const answers = await Promise.all([1, 2, 3].map(() => attention.list(opOf('root', ['*']))))
  assert.ok(performance.now() - began < 5_000, 'nobody waits for the end of a long look')
  assert.equal(looks, 1)
  assert.equal(
    answers[0]?.some(({ kind }) => kind === 'host'),
    false,
  )
})

test('what is remembered is answered while it is made anew, and a failed look is forgotten', async () => {
  let turn = 0
  const look = remembered(async () => {
    turn += 1
    if (turn === 2) throw new Error('away')
    return turn
  }, -1)
  assert.equal(await look.get(1000), 1)
  for (let tries = 0; tries < 5; tries++) {
    const known = await look.get(1000)
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (tries === 0) assert.equal(known, 1)
  }
  assert.ok(((await look.get(1000)) ?? 0) > 2)
})

test('pools by their room, quarantine being room', () => {
  const severity = (freeBytes: number, quarantinedBytes = 0) =>
    poolNeeds('p', { totalBytes: 100, freeBytes, quarantinedBytes })[0]?.severity
  assert.equal(severity(16), undefined)
  assert.equal(severity(15), 'warning')
  assert.equal(severity(5), 'error')
  assert.equal(severity(0, 50), undefined)
  assert.deepEqual(poolNeeds('p', { totalBytes: 0, freeBytes: 0, quarantinedBytes: 0 }), [])
  const [need] = poolNeeds('p', { totalBytes: 100 * gib, freeBytes: 1.5 * gib, quarantinedBytes: 0 })
  assert.match(need?.sentence ?? '', /98 % are used, 1\.5 GiB of 100 GiB are left/)
})

test('certificates by their end, and only what the doctor calls wrong', () => {
  const day = 86_400_000
  assert.deepEqual(certificateNeeds(20 * day, 0), [])
  assert.equal(certificateNeeds(10 * day, 0)[0]?.severity, 'warning')
  assert.equal(certificateNeeds(2 * day, 0)[0]?.severity, 'error')
  assert.match(certificateNeeds(0, 2 * day)[0]?.sentence ?? '', /ended on 1970-01-01/)
  const finding = (state: 'ok' | 'unknown' | 'error') => ({
    id: 'x',
    state,
    title: 'X',
    detail: 'd',
    mend: null,
  })
  assert.deepEqual(doctorNeeds([finding('ok'), finding('unknown')]), [])
  assert.match(doctorNeeds([finding('error')])[0]?.mend ?? '', /nacelle doctor/)
})
