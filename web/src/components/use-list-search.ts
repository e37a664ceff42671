import { useNavigate, useSearch } from '@tanstack/react-router'

/** The filters that the address of a list names: texts, of which none is empty. */
export function useListSearch<Key extends string>(): {
  search: Partial<Record<Key, string>>
  change: (values: Partial<Record<Key, string>>) => void
} {
  const named: object = useSearch({ strict: false })
  const search = named as Partial<Record<Key, string>>
  const navigate = useNavigate()
  const change = (values: Partial<Record<Key, string>>) => {
    const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value || undefined]))
    void navigate({
      to: '.',
      replace: true,
      search: (earlier: object) => ({ ...earlier, ...given }),
    } as Parameters<typeof navigate>[0])
  }
  return { search, change }
}
