import type { OperationContext } from '../context.ts'
import { hasCode } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { findGuest } from '../guests/record.ts'
import { requirePermission } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import { type AdoptParams, guestAdopt } from './adopt.ts'
import type { FoundDomain } from './found-domain.ts'
import type { LaidDisk } from './lay-disks.ts'
import { type AdoptRequest, planAdoption } from './plan.ts'
import { survey } from './survey.ts'

/** A domain of this host that is no guest, with what stands in the way of making it one. */
export interface UnmanagedGuest extends FoundDomain {
  laid: LaidDisk[]
  /** Everything, in words; empty for one that can be adopted. */
  refusals: string[]
}

export type UnmanagedGuests = ReturnType<typeof createUnmanagedGuests>

const settleMs = 30_000

/** Domains that Nacelle did not make: listed, and adopted as guests. */
export function createUnmanagedGuests(deps: GuestDeps) {
  deps.tasks.define(guestAdopt(deps))
  return {
    async list(op: OperationContext): Promise<UnmanagedGuest[]> {
      requirePermission(op, 'system.read')
      const found: UnmanagedGuest[] = []
      for (const { id } of await deps.hypervisor.list()) {
        if (findGuest(deps.zone, id)) continue
        try {
          found.push(await survey(deps, id))
        } catch (error) {
          // Gone since the list was made.
          if (!hasCode(error, 'not_found')) throw error
        }
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1))
    },

    /** A running one keeps running; it becomes what guests are at its next start. */
    async adopt(op: OperationContext, id: string, request: AdoptRequest): Promise<Launched> {
      requirePermission(op, 'system.write')
      const params = await planAdoption(deps, id, request)
      return launch<AdoptParams>(op, deps.tasks, {
        kind: 'guest.adopt',
        subject: `guest:${id}`,
        params,
        locks: { exclusive: [`guest:${id}`] },
        settleMs,
      })
    },
  }
}
