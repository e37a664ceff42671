import { SearchInput } from '@patternfly/react-core'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Found, Terminal } from './terminal.ts'

/** Searches what was printed: enter for the next hit, with shift for the one before, escape ends it. */
export function SearchBar({ terminal, onClose }: { terminal: Terminal; onClose: () => void }) {
  const { t } = useTranslation('consoles')
  const [text, setText] = useState('')
  const [found, setFound] = useState<Found>({ index: 0, count: 0 })
  useEffect(() => terminal.onFound(setFound), [terminal])
  const find = (wanted: string, direction: 'next' | 'previous') => {
    setText(wanted)
    if (wanted === '') terminal.endSearch()
    else terminal.find(wanted, direction)
  }
  const keyed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose()
    if (event.key === 'Enter') find(text, event.shiftKey ? 'previous' : 'next')
  }
  return (
    <search className="console-search">
      <SearchInput
        aria-label={t('searchPrinted')}
        placeholder={t('searchPrinted')}
        value={text}
        autoFocus
        {...(text === '' ? {} : { resultsCount: t('found', { index: found.index, total: found.count }) })}
        onChange={(_, value) => find(value, 'previous')}
        onKeyDown={keyed}
        onNextClick={() => find(text, 'next')}
        onPreviousClick={() => find(text, 'previous')}
        onClear={onClose}
      />
    </search>
  )
}
