import { type RefObject, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { copyToClipboard } from '../../ui/CopyText.tsx'
import { shortName, type VerbGuest } from '../guest-verbs.ts'
import { openTerminal, type Terminal } from './terminal.ts'

export interface UseTerminalOptions {
  host: RefObject<HTMLElement | null>
  guest: VerbGuest
  /** Must be stable. */
  onSearch: () => void
}

/** A terminal that keeps what was printed while connections come and go; undefined until it is loaded. */
export function useTerminal({ host, guest, onSearch }: UseTerminalOptions) {
  const { t } = useTranslation('consoles')
  const [terminal, setTerminal] = useState<Terminal>()
  const [isSelected, setSelected] = useState(false)
  const label = t('serialOf', { name: shortName(guest) })
  useEffect(() => {
    const place = host.current
    if (!place) return
    let isGone = false
    let opened: Terminal | undefined
    const copy = () => opened && void copyToClipboard(opened.selected())
    void openTerminal({ host: place, label, onSearch, onCopy: copy }).then((made) => {
      if (isGone) return made.close()
      opened = made
      made.onSelected(setSelected)
      setTerminal(made)
    })
    return () => {
      isGone = true
      opened?.close()
      setTerminal(undefined)
    }
  }, [host, label, onSearch])
  return { terminal, isSelected }
}
