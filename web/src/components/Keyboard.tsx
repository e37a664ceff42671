import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { globalSearchId, isTakenBy, meaningOf, type PlaceKey, places } from './keys.ts'

// Who presses `g` and thinks for longer has changed his mind.
const secondKeyMs = 1500

/** Listens to the keys of every page; `?` shows them all. */
export function Keyboard() {
  const navigate = useNavigate()
  const [isHelp, setHelp] = useState(false)
  const began = useRef(0)
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTakenBy(event.target)) return
      const isAfterG = event.timeStamp - began.current < secondKeyMs
      const meaning = meaningOf(event, isAfterG)
      began.current = meaning === 'begin' ? event.timeStamp : Number.NEGATIVE_INFINITY
      if (meaning === undefined) return
      event.preventDefault()
      if (meaning === 'search') document.getElementById(globalSearchId)?.focus()
      else if (meaning === 'create') void navigate({ to: '/instances/new' })
      else if (meaning === 'help') setHelp(true)
      else if (meaning !== 'begin') void navigate({ to: places[meaning.go].to })
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [navigate])
  return isHelp && <KeyboardHelp onClose={() => setHelp(false)} />
}

function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('frame')
  const key = (name: string) => <kbd>{name}</kbd>
  const line = (name: string, keys: ReactNode, what: string) => [
    <dt key={`${name} keys`}>{keys}</dt>,
    <dd key={name}>{what}</dd>,
  ]
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="keyboard-title">
      <ModalHeader title={t('keyboard')} labelId="keyboard-title" />
      <ModalBody>
        <dl className="keyboard-list">
          {line('search', key('/'), t('keySearch'))}
          {line('create', key('c'), t('keyCreate'))}
          {(Object.keys(places) as PlaceKey[]).map((letter) =>
            line(
              letter,
              <>
                {key('g')} {key(letter)}
              </>,
              t('keyGo', { place: t(places[letter].word) }),
            ),
          )}
          {line('help', key('?'), t('keyHelp'))}
          {line('escape', key(t('keyEscapeName')), t('keyEscape'))}
        </dl>
      </ModalBody>
    </Modal>
  )
}
