import { useQuery } from '@tanstack/react-query'
import { reading } from '../../api/query.ts'
import { useMay, useSession } from '../../api/session.ts'
import type { FilterKey } from './search.ts'

/** What a filter can be set to, as far as the reader may know. */
export function useFilterOptions(name: FilterKey): readonly string[] {
  const session = useSession()
  const mayPeople = useMay('identity.read')
  const mayCompute = useMay('compute.read')
  const { data: counts } = useQuery({ ...reading('/guest_counts'), enabled: name === 'pool' })
  const { data: pools } = useQuery({ ...reading('/compute_pools'), enabled: name === 'pool' && mayCompute })
  const { data: cells } = useQuery({
    ...reading('/compute_pool_cells'),
    enabled: name === 'cell' && mayCompute,
  })
  const { data: groups } = useQuery({ ...reading('/user_groups'), enabled: name === 'group' && mayPeople })
  const { data: users } = useQuery({ ...reading('/users'), enabled: name === 'owner' && mayPeople })
  switch (name) {
    case 'pool':
      return unique([
        ...(counts?.pools ?? []).map(({ pool }) => pool),
        ...(pools ?? []).map((pool) => pool.name),
      ])
    case 'cell':
      return unique((cells ?? []).map((cell) => cell.name))
    case 'group':
      return groups ? groups.map((group) => group.name) : session.groups
    case 'owner':
      return users ?? [session.user]
  }
}

const unique = (values: readonly string[]) => [...new Set(values)].sort()
