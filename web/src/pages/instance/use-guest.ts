import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { reading } from '../../api/query.ts'
import type { components } from '../../api/schema.d.ts'

export type GuestDetail = components['schemas']['GuestDetail']
type GuestReading = GuestDetail | components['schemas']['GuestCreating']

/** Whether it is all there: while it is made, or its system is reset, only its progress is told. */
export const isMade = (guest: GuestReading | undefined): guest is GuestDetail =>
  guest !== undefined && 'id' in guest

const pollMs = 1000

/** The guest by id; its progress is asked for as long as it is being made. */
export const useGuestReading = (id: string) =>
  useQuery({
    ...reading('/guests/{id}', { params: { path: { id } } }),
    refetchInterval: ({ state }) => (state.data && !isMade(state.data) ? pollMs : false),
  })

export const useGuestId = (): string => useParams({ from: '/framed/instances/$id' }).id

/** The guest of the page, which shows its tabs only once that is there. */
export function useGuest(): GuestDetail {
  const { data } = useGuestReading(useGuestId())
  if (!isMade(data)) throw new Error('outside of the page of a guest')
  return data
}
