import { SearchInput } from '@patternfly/react-core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

/** Searches everything that has a name or an address. */
export function GlobalSearch() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  return (
    <SearchInput
      aria-label={t('search')}
      placeholder={t('search')}
      value={text}
      onChange={(_, value) => setText(value)}
      onClear={() => setText('')}
      onSearch={() => void navigate({ to: '/instances', search: { q: text } })}
    />
  )
}
