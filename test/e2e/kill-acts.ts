// What the appliance is doing when it is killed, and what must be true once it is up again.
import assert from 'node:assert/strict'
import type { Cut } from './kill-cut.ts'
import type { KillStage } from './kill-stage.ts'
import { purgeQuarantine } from './life.ts'

export const stepsOf = {
  'guest.create': ['reserve', 'address', 'disks', 'nvram', 'cloud-init seed', 'define', 'start', 'finish'],
  'guest.delete': ['reserve', 'stop', 'undefine', 'address', 'quarantine', 'forget snapshots', 'finish'],
  'snapshot.create': ['reserve', 'nvram', 'overlays', 'record', 'define'],
  'snapshot.restore': ['reserve', 'stop', 'overlays', 'nvram', 'record', 'define', 'start', 'retire'],
  'snapshot.delete': ['reserve', 'forget', 'files', 'merge', 'define'],
} as const

type Kind = keyof typeof stepsOf
type Point<K extends Kind> = Pick<Cut, 'when' | 'delayMs'> & { step: (typeof stepsOf)[K][number] }

/** Both points of each step; how long a step has been at it differs from one to the next. */
export const pointsOf = <K extends Kind>(kind: K): Point<K>[] =>
  stepsOf[kind].flatMap((step: (typeof stepsOf)[K][number], index) => [
    { step, when: 'during' as const, delayMs: (index * 37) % 120 },
    { step, when: 'after' as const },
  ])

const cutOf = <K extends Kind>(kind: K, point: Point<K> | undefined): Cut | undefined =>
  point && { kind, ...point }

export async function createKilled(
  stage: KillStage,
  point: Point<'guest.create'>,
  more: { auto_start: boolean; firmware?: 'bios' | 'uefi' },
): Promise<string> {
  const body = stage.body(more)
  await stage.through(cutOf('guest.create', point), () => stage.appliance.api('POST', '/guests/', body))
  const id = (await stage.guests()).get(body.name)
  assert.ok(id, 'the guest is there')
  assert.equal(await stage.isRunning(id), more.auto_start)
  return id
}

export async function deleteKilled(
  stage: KillStage,
  id: string,
  point?: Point<'guest.delete'>,
): Promise<void> {
  await stage.through(cutOf('guest.delete', point), () =>
    stage.appliance.api('DELETE', `/guests/${id}`, { force: true }),
  )
  assert.equal((await stage.appliance.call('GET', `/guests/${id}`)).status, 404)
}

export type Mode = 'stopped' | 'running' | 'memory'

export interface SnapshotOf {
  guest: string
  name: string
  mode: Mode
}

export async function snapshotKilled(
  stage: KillStage,
  { guest, name, mode }: SnapshotOf,
  point?: Point<'snapshot.create'>,
): Promise<void> {
  await stage.power(guest, mode !== 'stopped')
  await stage.through(cutOf('snapshot.create', point), () =>
    stage.appliance.api('POST', `/instances/${guest}/snapshots/`, { name, memory: mode === 'memory' }),
  )
  assert.ok((await stage.snapshots(guest)).includes(name))
  assert.equal(await stage.isRunning(guest), mode !== 'stopped')
}

export async function restoreKilled(
  stage: KillStage,
  { guest, name, mode }: SnapshotOf,
  point?: Point<'snapshot.restore'>,
): Promise<void> {
  await stage.through(cutOf('snapshot.restore', point), () =>
    stage.appliance.api('PUT', `/instances/${guest}/snapshots/`, { target: name, start: mode === 'running' }),
  )
  assert.equal(await stage.isRunning(guest), mode !== 'stopped')
}

/** What could be brought back is purged before, so that the layers are really merged. */
export async function snapshotDeleteKilled(
  stage: KillStage,
  { guest, name, mode }: SnapshotOf,
  point?: Point<'snapshot.delete'>,
): Promise<void> {
  await purgeQuarantine(stage.appliance)
  await stage.through(cutOf('snapshot.delete', point), () =>
    stage.appliance.api('DELETE', `/instances/${guest}/snapshots/${name}`),
  )
  assert.equal((await stage.snapshots(guest)).includes(name), false)
  assert.equal(await stage.isRunning(guest), mode !== 'stopped')
  if ((await stage.snapshots(guest)).length === 0) await stage.isWhole(guest)
}
