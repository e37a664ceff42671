import { useListSearch } from './use-list-search.ts'

/** Those filters of a list that are named, kept in the address: `values` has the texts of the ones that are set. */
export function useFilters<N extends string>(names: readonly N[]) {
  const { search, change } = useListSearch<N>()
  const set = names.filter((name) => search[name])
  const values = Object.fromEntries(set.map((name) => [name, String(search[name])])) as Partial<
    Record<N, string>
  >
  const clear = () =>
    change(Object.fromEntries(names.map((name) => [name, ''])) as Partial<Record<N, string>>)
  return { values, set: change, clear, isFiltered: set.length > 0 }
}
