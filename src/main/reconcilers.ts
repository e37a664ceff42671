import { systemContext } from '../core/context.ts'
import type { GuestDeps } from '../core/guests/deps.ts'
import type { Uploads } from '../core/images/uploads.ts'
import type { Findings } from '../core/ledger/findings.ts'
import type { Enforcer } from '../core/security-policies/enforce.ts'
import type { Settings } from '../core/settings/settings.ts'
import type { StoragePools } from '../core/storage-pools/storage-pools.ts'
import { createAddressesReconciler } from '../reconcilers/addresses.ts'
import { createDomainsReconciler } from '../reconcilers/domains.ts'
import { createFirewallReconciler } from '../reconcilers/firewall.ts'
import { createLayersReconciler, letsLayersGo } from '../reconcilers/layers.ts'
import { createObservedReconciler } from '../reconcilers/observed.ts'
import { createPausedReconciler } from '../reconcilers/paused.ts'
import { createPoliciesReconciler } from '../reconcilers/policies.ts'
import { createReconcilerRunner, type ReconcilerRunner } from '../reconcilers/reconciler.ts'
import { createStoragePoolsReconciler } from '../reconcilers/storage-pools.ts'
import { createTasksReconciler } from '../reconcilers/tasks.ts'
import { createVolumesReconciler } from '../reconcilers/volumes.ts'
import { sweepTasks } from '../tasks/retention.ts'
import type { RootLog } from './log.ts'

interface ReconcilerParts {
  guestDeps: GuestDeps
  findings: Findings
  settings: Settings
  storagePools: StoragePools
  uploads: Uploads
  enforcer: Enforcer
  log: RootLog
}

const dayMs = 86_400_000
/** More finished tasks than these are not kept, however young. */
const mostTasks = 100_000

/** Every reconciler, and the nudges by which a change of the record reaches the host at once. */
export function createReconcilers(parts: ReconcilerParts): ReconcilerRunner {
  const { guestDeps, findings, settings, storagePools, uploads, enforcer, log } = parts
  const { zone, tasks, network, cell, store, now, observed } = guestDeps
  const runner = createReconcilerRunner(
    [
      createDomainsReconciler(guestDeps),
      createObservedReconciler(observed),
      createPausedReconciler(guestDeps),
      createAddressesReconciler({ zone, network, cell }),
      createFirewallReconciler({ zone, network, cell }),
      createPoliciesReconciler(enforcer),
      createVolumesReconciler({
        zone,
        store,
        findings,
        now,
        pools: storagePools.names,
        retentionMs: () => settings.get('quarantine.retention_days') * dayMs,
        expireUploads: () => uploads.expire(systemContext(log)),
      }),
      createStoragePoolsReconciler({ pools: storagePools.names, store }),
      createLayersReconciler(guestDeps),
      createTasksReconciler((signal) =>
        sweepTasks({
          db: zone.db,
          clock: now,
          signal,
          maxAgeDays: settings.get('task.retention_days'),
          maxTasks: mostTasks,
        }),
      ),
    ],
    (name) => systemContext(log.child({ reconciler: name })),
  )
  guestDeps.live.onChange((_, state) => {
    if (state === 'paused') runner.nudge('paused').catch(() => undefined)
  })
  tasks.subscribe((task) => {
    if (letsLayersGo(task)) runner.nudge('layers').catch(() => undefined)
  })
  zone.subscribe((event) => {
    if (event.changes.some((change) => change.table === 'volume' && change.after === null))
      runner.nudge('layers').catch(() => undefined)
    if (event.changes.some((change) => change.table === 'guest' && touchesPorts(change)))
      runner.nudge('firewall').catch(() => undefined)
    for (const change of event.changes)
      if (change.table === 'guest' && (change.before === null || change.after === null))
        enforcer
          .follow(change)
          .catch((err: unknown) => log.warn({ err }, 'policies could not be put in place'))
  })
  return runner
}

/** A guest that came with port forwards or an external address, or that has gone and may have had some. */
const touchesPorts = ({
  before,
  after,
}: {
  before: number | null
  after: Record<string, unknown> | null
}): boolean =>
  after === null ||
  (before === null &&
    (after['externalAddress'] !== null || (Array.isArray(after['ports']) && after['ports'].length > 0)))
