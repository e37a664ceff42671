import './global-search.css'
import { SearchInput } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readingPage } from '../api/query.ts'
import { byKind, type Found, pathOf } from './found.ts'
import { globalSearchId } from './keys.ts'

const pauseMs = 120

/** Searches everything that has a name or an address; arrows choose, enter opens, escape closes. */
export function GlobalSearch() {
  const { t } = useTranslation('frame')
  const navigate = useNavigate()
  const listId = useId()
  const [text, setText] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const { found, isKnown } = useFound(text)
  const isShown = isOpen && text.trim() !== ''
  const close = () => {
    setOpen(false)
    setText('')
  }
  const leave = () => {
    close()
    // The keys of the page are for the page again.
    document.getElementById(globalSearchId)?.blur()
  }
  // The last entry leads to the list of what fits.
  const go = (index: number) => {
    const one = found[index]
    leave()
    void (one ? navigate({ to: pathOf(one) }) : navigate({ to: '/instances', search: { q: text.trim() } }))
  }
  const press = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (event.key === 'Escape') leave()
    else if (event.key === 'Enter' && isShown) go(Math.min(active, found.length))
    else if (step !== 0 && isShown) setActive((active + step + found.length + 1) % (found.length + 1))
    else return
    event.preventDefault()
  }
  return (
    <search
      className="global-search"
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) setOpen(false)
      }}
    >
      <SearchInput
        searchInputId={globalSearchId}
        aria-label={t('searchAll')}
        placeholder={t('searchAllHint')}
        value={text}
        role="combobox"
        aria-expanded={isShown}
        aria-controls={listId}
        aria-autocomplete="list"
        autoComplete="off"
        {...(isShown ? { 'aria-activedescendant': `${listId}-${Math.min(active, found.length)}` } : {})}
        onChange={(_, typed) => {
          setText(typed)
          setActive(0)
          setOpen(true)
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={press}
        onClear={close}
      />
      {isShown && (
        <Results
          id={listId}
          found={found}
          isKnown={isKnown}
          text={text.trim()}
          active={Math.min(active, found.length)}
          onPoint={setActive}
          onChoose={go}
        />
      )}
    </search>
  )
}

function useFound(text: string): { found: readonly Found[]; isKnown: boolean } {
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  const { data, isPlaceholderData } = useQuery({
    ...readingPage('/search', { params: { query: { q: asked } } }),
    enabled: asked !== '',
  })
  const isKnown = data !== undefined && !isPlaceholderData && asked === text.trim()
  return { found: asked === '' ? [] : (data ?? []), isKnown }
}

interface ResultsProps {
  id: string
  found: readonly Found[]
  isKnown: boolean
  text: string
  active: number
  onPoint: (index: number) => void
  onChoose: (index: number) => void
}

function Results({ id, found, isKnown, text, active, onPoint, onChoose }: ResultsProps) {
  const { t } = useTranslation('frame')
  const option = (index: number) => ({
    id: `${id}-${index}`,
    role: 'option',
    tabIndex: -1,
    className: 'global-search-option',
    'aria-selected': index === active,
    onPointerMove: () => onPoint(index),
    // Before the field loses its focus, which closes the list.
    onPointerDown: (event: { preventDefault: () => void }) => event.preventDefault(),
    onClick: () => onChoose(index),
    ref: index === active ? (node: HTMLElement | null) => node?.scrollIntoView({ block: 'nearest' }) : null,
  })
  const indexOf = new Map(found.map((one, index) => [one, index]))
  return (
    <div id={id} role="listbox" aria-label={t('searchAll')} className="global-search-results">
      {byKind(found).map(([kind, ones]) => (
        // biome-ignore lint/a11y/useSemanticElements: no fieldset may stand in a listbox
        <div key={kind} role="group" aria-labelledby={`${id}-${kind}`}>
          <div id={`${id}-${kind}`} role="presentation" className="global-search-kind">
            {t(`found_${kind}`)}
          </div>
          {ones.map((one) => (
            <div key={one.id} {...option(indexOf.get(one) ?? 0)}>
              <span>{one.name}</span>
              <span className="global-search-detail">{one.detail}</span>
            </div>
          ))}
        </div>
      ))}
      <div {...option(found.length)}>
        <span>{t('searchInstances', { text })}</span>
        {isKnown && found.length === 0 && <span className="global-search-detail">{t('nothingNamed')}</span>}
      </div>
    </div>
  )
}
