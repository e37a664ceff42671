import type { GroupSharing } from '../../db/row-types.ts'
import type { Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { type GroupRow, readDirectory, rewrite } from './directory.ts'
import { requirePermission } from './permissions.ts'

export type { GroupSharing }

export interface VisibilityView extends GroupSharing {
  group: string
  /** Of the group. */
  version: number
}

/**
 * What the members of the caller's (first) group share with each other. Whoever has a permission for everything is not
 * touched by it; whoever has it for his own has what he owns, and what belongs to his groups as far as they share it.
 */
export interface Visibilities {
  get(op: OperationContext): VisibilityView
  set(op: OperationContext, sharing: GroupSharing): Promise<ChangePlan>
}

export const everything: GroupSharing = { guests: true, diskImages: true, mediaImages: true }

export const createVisibilities = (zone: Zone): Visibilities => ({
  get(op) {
    const { name, sharing, version } = ownGroup(zone, op)
    return { ...everything, ...sharing, group: name, version }
  },
  async set(op, sharing) {
    requirePermission(op, 'setting.write')
    const group = ownGroup(zone, op)
    return commitPlanned(zone, op, {
      action: `group.share ${group.name}`,
      effect: `change what the members of the group '${group.name}' share`,
      changes: [rewrite('userGroup', group.name, group, { sharing })],
    })
  },
})

function ownGroup(zone: Zone, { who }: OperationContext): GroupRow {
  const name = who.groups[0]
  const group = name === undefined ? undefined : readDirectory(zone).groups.get(name)
  if (group) return group
  throw new AppError(
    'conflict',
    `'${who.name}' is in no group: name the group in /user_groups/<name> instead, with its 'visibility'`,
  )
}
