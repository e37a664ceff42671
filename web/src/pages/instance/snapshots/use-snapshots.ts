import { useQueries, useQuery } from '@tanstack/react-query'
import { reading } from '../../../api/query.ts'
import type { components } from '../../../api/schema.d.ts'

export type SnapshotDetails = components['schemas']['Snapshot']

export const useSnapshotTree = (id: string) =>
  useQuery(reading('/instances/{id}/snapshots', { params: { path: { id } } }))

/** What each of them is, by name, as far as it has come. */
export function useSnapshotDetails(
  id: string,
  names: readonly string[],
): ReadonlyMap<string, SnapshotDetails> {
  return useQueries({
    queries: names.map((name) =>
      reading('/instances/{id}/snapshots/{name}', { params: { path: { id, name } } }),
    ),
    combine: (answers) =>
      new Map(
        names.flatMap((name, index) => {
          const data = answers[index]?.data
          return data ? [[name, data] as const] : []
        }),
      ),
  })
}

/** As above, with the size, for which the pools are asked. */
export const useSizedSnapshot = (id: string, name: string) =>
  useQuery(
    reading('/instances/{id}/snapshots/{name}', { params: { path: { id, name }, query: { size: 'true' } } }),
  )
