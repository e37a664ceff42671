import { useQuery } from '@tanstack/react-query'
import { createContext, use } from 'react'
import { reading } from './query.ts'

export const sessionReading = reading('/sessions/{id}', { params: { path: { id: 'self' } } })

/** Who has logged in, as the appliance says; the reading is made before anything of the frame is shown. */
export interface Session {
  id: string
  user: string
  groups: string[]
  menu: string[]
  resource: string[]
}

export const SessionContext = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('outside of a session')
  return session
}

export const useSessionReading = () => useQuery(sessionReading)

/**
 * Whether somebody holds a permission, for all things or for his own (`guest.write` by `guest.write.own`); what is whose is
 * the appliance's to say.
 */
export const holds = ({ resource }: Pick<Session, 'resource'>, permission: string): boolean =>
  resource.some((held) => held === '*' || held === permission || held === `${permission}.own`)

export function useMay(permission: string): boolean {
  return holds(useSession(), permission)
}
