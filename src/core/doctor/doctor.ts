import type { OperationContext } from '../context.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { Report } from './finding.ts'

export interface Doctor {
  /** Looks at the host, for at most a few seconds. Needs `system.read`. */
  examine(op: OperationContext): Promise<Report>
}

/** Callers at the same time share one look, since it starts some twenty programs. */
export function createDoctorService(look: () => Promise<Report>): Doctor {
  let running: Promise<Report> | undefined
  return {
    async examine(op) {
      requirePermission(op, 'system.read')
      running ??= look().finally(() => {
        running = undefined
      })
      return running
    },
  }
}
