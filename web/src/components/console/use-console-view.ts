import { useNavigate, useSearch } from '@tanstack/react-router'

export interface ConsoleView {
  isFitted: boolean
  isViewOnly: boolean
  isFull: boolean
}

interface Search {
  size?: string
  input?: string
  full?: boolean
}

/** How a console is shown, as the address of the page says. */
export function useConsoleView(): { view: ConsoleView; change: (part: Partial<ConsoleView>) => void } {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const view: ConsoleView = {
    isFitted: search.size !== 'real',
    isViewOnly: search.input === 'off',
    isFull: search.full === true,
  }
  const change = (part: Partial<ConsoleView>) => {
    const wanted = { ...view, ...part }
    const changed: Search = {
      ...(wanted.isFitted ? {} : { size: 'real' }),
      ...(wanted.isViewOnly ? { input: 'off' } : {}),
      ...(wanted.isFull ? { full: true } : {}),
    }
    void navigate({
      to: '.',
      replace: true,
      search: (earlier: object) => ({
        ...earlier,
        size: undefined,
        input: undefined,
        full: undefined,
        ...changed,
      }),
    } as Parameters<typeof navigate>[0])
  }
  return { view, change }
}
