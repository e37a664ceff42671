import { useQuery } from '@tanstack/react-query'
import { searching } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'

// As many as one answer has; of more guests the ids are shown.
const limit = 1000

/** Full names of guests by id, as far as the caller may see them. */
export function useGuestNames(isWanted: boolean): ReadonlyMap<string, string> {
  const enabled = useMay('guest.read') && isWanted
  const { data } = useQuery({ ...searching('/search/guests', { body: { limit } }), enabled })
  return new Map(data?.result.map(({ id, name }) => [id, name]))
}
