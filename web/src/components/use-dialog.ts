import { useNavigate, useSearch } from '@tanstack/react-router'

/** The dialog that the address of the page names (`?dialog=delete&of=…`), so that a link opens it. */
export function useDialog(): {
  dialog: string | undefined
  of: string | undefined
  open: (dialog: string, of?: string) => void
  close: () => void
} {
  const search = useSearch({ strict: false }) as { dialog?: string; of?: string }
  const navigate = useNavigate()
  const change = (dialog: string | undefined, of: string | undefined) =>
    void navigate({
      to: '.',
      replace: dialog === undefined,
      search: (earlier: object) => ({ ...earlier, dialog, of }),
    } as Parameters<typeof navigate>[0])
  return {
    dialog: search.dialog,
    of: search.of,
    open: (dialog, of) => change(dialog, of),
    close: () => change(undefined, undefined),
  }
}
