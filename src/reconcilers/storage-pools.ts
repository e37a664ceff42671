import type { VolumeStore } from '../core/volumes.ts'
import type { Reconciler, Summary } from './reconciler.ts'

export interface StoragePoolsReconcilerDeps {
  pools(): string[]
  store(pool: string): VolumeStore
}

/** Mounts and sessions that the host has lost are put back. All pools at once: a lost server keeps nobody waiting. */
export const createStoragePoolsReconciler = (deps: StoragePoolsReconcilerDeps): Reconciler => ({
  name: 'storage-pools',
  intervalMs: 30_000,
  run: () => reconcile(deps),
})

async function reconcile({ pools, store }: StoragePoolsReconcilerDeps): Promise<Summary> {
  const names = pools()
  const results = await Promise.allSettled(names.map(async (name) => store(name).keep?.()))
  const errors = results.flatMap((result, index) =>
    result.status === 'rejected' ? [new Error(`pool '${names[index]}': ${wordsOf(result.reason)}`)] : [],
  )
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '))
  return { repaired: [], findings: [] }
}

const wordsOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
