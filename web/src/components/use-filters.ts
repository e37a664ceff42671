import { useNavigate, useSearch } from '@tanstack/react-router'

/** Filters of a list, kept in the address: `values` has the texts of the `names` that are set. */
export function useFilters<N extends string>(names: readonly N[]) {
  const search = useSearch({ strict: false }) as Record<string, unknown>
  const navigate = useNavigate()
  const values = Object.fromEntries(
    names.flatMap((name) => {
      const value = search[name]
      return value === undefined || value === '' ? [] : [[name, String(value)]]
    }),
  ) as Partial<Record<N, string>>
  const set = (changes: Partial<Record<N, string>>) =>
    void navigate({
      to: '.',
      replace: true,
      search: (earlier: object) => {
        const next: Record<string, unknown> = { ...earlier, ...changes }
        return Object.fromEntries(
          Object.entries(next).filter(([, value]) => value !== '' && value !== undefined),
        )
      },
    } as Parameters<typeof navigate>[0])
  const clear = () => set(Object.fromEntries(names.map((name) => [name, ''])) as Partial<Record<N, string>>)
  return { values, set, clear, isFiltered: Object.keys(values).length > 0 }
}
