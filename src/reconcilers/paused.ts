import type { GuestDeps } from '../core/guests/deps.ts'
import { keepPausedGuests } from '../core/instances/paused.ts'
import type { Reconciler } from './reconciler.ts'

/** Guests that a full pool has paused go on when there is room; the others are told of. */
export const createPausedReconciler = (deps: GuestDeps): Reconciler => ({
  name: 'paused',
  intervalMs: 15_000,
  run: () => keepPausedGuests(deps),
})
