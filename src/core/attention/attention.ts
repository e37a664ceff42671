import type { Tasks } from '../../tasks/saga.ts'
import type { Zone } from '../../zone/zone.ts'
import type { OperationContext } from '../context.ts'
import type { Report } from '../doctor/finding.ts'
import type { LiveGuests } from '../guests/live.ts'
import { findGuest } from '../guests/record.ts'
import { may } from '../identity/permissions.ts'
import type { StateDiskStatus } from '../state-disk/state-disk.ts'
import { shownError } from '../tasks/shown.ts'
import { mayReadTask } from '../tasks/tasks.ts'
import type { StoreUsage, VolumeStore } from '../volumes.ts'
import { certificateNeeds, doctorNeeds, type Need, poolNeeds, silentPoolNeed } from './needs.ts'
import { type Remembered, remembered } from './remembered.ts'

export interface AttentionDeps {
  zone: Zone
  tasks: Tasks
  live: LiveGuests
  storagePools: { names(): string[]; store(name: string): VolumeStore }
  stateDisk: { refusal(): string | undefined; status(): StateDiskStatus }
  reconcilers: {
    status(): {
      name: string
      lastEndedAt: number | null
      lastError: string | null
      lastSummary: { findings: string[] } | null
    }[]
  }
  /** A look at the host that takes seconds. */
  look(): Promise<Report>
  /** End of the server's certificate, in milliseconds since 1970; undefined where it has none. */
  certificateEnd(): number | undefined
  now(): number
}

export interface Attention {
  /**
   * What is wrong now, as far as the caller may read it, the worst first. The host and the pools are looked at behind its
   * back: the first answers may lack them.
   */
  list(op: OperationContext): Promise<Need[]>
}

// What a first caller waits for a look; later ones get what is known.
const firstWaitMs = 1_000
const hostMaxAgeMs = 5 * 60_000
const poolMaxAgeMs = 30_000
const mostOfAKind = 100

/** What needs a person, from what the services know already. */
export function createAttention(deps: AttentionDeps): Attention {
  const host = remembered(() => deps.look(), hostMaxAgeMs)
  const pools = createPoolLooks(deps)
  return {
    async list(op) {
      const needs = [...stuckTasks(deps, op), ...pausedGuests(deps, op)]
      if (may(op.who, 'storage.read')) needs.push(...(await pools()), ...volumes(deps))
      if (may(op.who, 'system.read')) {
        needs.push(...fullStateDisk(deps), ...failedReconcilers(deps), ...certificate(deps))
        needs.push(...doctorNeeds((await host.get(firstWaitMs))?.findings ?? []))
      }
      return needs.sort((a, b) => rank(a) - rank(b))
    },
  }
}

const rank = ({ severity }: Need) => (severity === 'error' ? 0 : 1)

function stuckTasks({ tasks }: AttentionDeps, op: OperationContext): Need[] {
  const stuck = tasks.list({ state: 'stuck', limit: mostOfAKind }).tasks
  return stuck
    .filter((task) => mayReadTask(op.who, task))
    .map((task) => ({
      ...{ id: `task.stuck/${task.id}`, severity: 'error', kind: 'task', subject: task.id },
      sentence: `'${task.title}' is stuck at step '${task.step}': ${shownError(op.who, task)?.message ?? 'it failed'}`,
      mend: 'Put right what failed, then let the task try again; or skip the step, or give the task up.',
      since: tasks.events(task.id).at(-1)?.time ?? task.createdAt,
    }))
}

/** Whom its user has paused is as it should be. */
function pausedGuests({ zone, live }: AttentionDeps, op: OperationContext): Need[] {
  const troubled = live
    .runningIds()
    .filter((id) => live.state(id) === 'paused' && /is full$|error/i.test(live.reason(id)))
  return troubled.slice(0, mostOfAKind).flatMap((id) => {
    const guest = findGuest(zone, id)
    if (!guest || !may(op.who, 'guest.read', guest)) return []
    const reason = live.reason(id)
    return [
      {
        ...{ id: `guest.paused/${id}`, severity: 'error' as const, kind: 'guest' as const, subject: id },
        sentence: `Guest '${guest.group}.${guest.name}' is paused: ${reason}.`,
        mend: reason.endsWith('is full')
          ? 'Make room on the pool; the guest then goes on by itself.'
          : `Mend its storage, then: virsh resume ${id}`,
        since: live.since(id) ?? undefined,
      },
    ]
  })
}

/** What the last pass over the pools found that nobody owns, or did not find. */
function volumes({ reconcilers }: AttentionDeps): Need[] {
  const found = reconcilers.status().find(({ name }) => name === 'volumes')?.lastSummary?.findings ?? []
  return found.slice(0, mostOfAKind).map((sentence) => ({
    ...{ id: `volume/${sentence}`, severity: 'warning', kind: 'volume' },
    subject: sentence.slice(0, Math.max(0, sentence.indexOf(':'))),
    sentence,
    mend: 'The ledger of the storage pool shows the volume, and takes it on or puts it into quarantine.',
  }))
}

const failedReconcilers = ({ reconcilers }: AttentionDeps): Need[] =>
  reconcilers.status().flatMap(({ name, lastError, lastEndedAt }) =>
    lastError === null
      ? []
      : [
          {
            ...{ id: `reconciler.failed/${name}`, severity: 'warning' as const },
            ...{ kind: 'reconciler' as const, subject: name },
            sentence: `The last pass of '${name}', which keeps the record and the host equal, failed: ${lastError}`,
            mend: 'It is tried again by itself; mend what it names, or run a pass now.',
            since: lastEndedAt ?? undefined,
          },
        ],
  )

function fullStateDisk({ stateDisk }: AttentionDeps): Need[] {
  const sentence = stateDisk.refusal()
  if (sentence === undefined) return []
  return [
    {
      ...{ id: 'state_disk.full', severity: 'error', kind: 'state_disk', subject: 'state_disk' },
      sentence,
      mend: 'Make room there; changes are taken again by themselves.',
      since: stateDisk.status().readOnlySince ?? undefined,
    },
  ]
}

function certificate({ certificateEnd, now }: AttentionDeps): Need[] {
  const end = certificateEnd()
  return end === undefined ? [] : certificateNeeds(end, now())
}

type PoolLook = StoreUsage | { error: string }

/** Asking a pool may start a program or wait for a server, so each is asked behind the back of the callers. */
function createPoolLooks({ storagePools }: AttentionDeps): () => Promise<Need[]> {
  const looks = new Map<string, Remembered<PoolLook>>()
  const lookOf = (name: string): Remembered<PoolLook> => {
    const known = looks.get(name)
    if (known) return known
    const made = remembered<PoolLook>(
      async () =>
        storagePools
          .store(name)
          .usage()
          .catch((error: Error) => ({ error: error.message })),
      poolMaxAgeMs,
    )
    looks.set(name, made)
    return made
  }
  return async () => {
    const names = storagePools.names()
    for (const name of looks.keys()) if (!names.includes(name)) looks.delete(name)
    const needs = names.map(async (name) => {
      const look = await lookOf(name).get(firstWaitMs)
      if (look === undefined) return []
      return 'error' in look ? [silentPoolNeed(name, look.error)] : poolNeeds(name, look)
    })
    return (await Promise.all(needs)).flat()
  }
}
