import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { reading } from '../../api/query.ts'
import type { VerbGuest } from '../guest-verbs.ts'
import { Needs } from '../Needs.tsx'
import { Refusal } from '../Refusal.tsx'

/** Reads the guest of a console, for who may use it. */
export function ConsoleGuest({ id, children }: { id: string; children: (guest: VerbGuest) => ReactNode }) {
  const { data, error, refetch } = useQuery(reading('/guests/{id}', { params: { path: { id } } }))
  if (error && !data) return <Refusal error={error} onRetry={() => void refetch()} />
  if (!data || !('state' in data)) return null
  return <Needs permission="guest.console">{children(data)}</Needs>
}
