import { useQuery } from '@tanstack/react-query'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'

/** Mode and address pool of a guest's compute pool; undefined where the caller may not see it. */
export function useNetworkMode(pool: string): { mode: string; network: string } | undefined {
  const enabled = useMay('compute.read')
  const { data } = useQuery({ ...reading('/compute_pools/{pool}', { params: { path: { pool } } }), enabled })
  return data && { mode: data.network_mode, network: data.network }
}
