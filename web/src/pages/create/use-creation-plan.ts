import { useState } from 'react'
import { usePlan } from '../../api/plan.ts'
import type { DraftKind } from './draft.ts'
import type { BatchCreate, GuestCreate } from './request.ts'

type Body = GuestCreate | BatchCreate

/** The dry run of `now`, or else of what was asked for last. */
export function useCreationPlan(kind: DraftKind, now: Body | undefined) {
  const [last, setLast] = useState<Body | undefined>(undefined)
  const askedBody = now ?? last
  const asGuest = askedBody !== undefined && 'name' in askedBody ? askedBody : undefined
  const asBatch = askedBody !== undefined && 'count' in askedBody ? askedBody : undefined
  const guest = usePlan('post', '/guests', asGuest && { body: asGuest })
  const batch = usePlan('post', '/batch/create_guest', asBatch && { body: asBatch })
  return { plan: kind === 'guest' ? guest : batch, askedBody, askFor: setLast }
}

export type CreationPlan = ReturnType<typeof useCreationPlan>['plan']
