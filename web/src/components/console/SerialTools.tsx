import CopyIcon from '@patternfly/react-icons/dist/esm/icons/copy-icon'
import DownloadIcon from '@patternfly/react-icons/dist/esm/icons/download-icon'
import PasteIcon from '@patternfly/react-icons/dist/esm/icons/paste-icon'
import SearchIcon from '@patternfly/react-icons/dist/esm/icons/search-icon'
import { useTranslation } from 'react-i18next'
import { shortName, type VerbGuest } from '../guest-verbs.ts'
import { CommonTools } from './CommonTools.tsx'
import { LineLabel } from './LineLabel.tsx'
import type { LineState } from './line.ts'
import { saveFile, stampedName } from './save-file.ts'
import { ToolButton } from './ToolButton.tsx'
import type { Terminal } from './terminal.ts'
import type { ConsoleView } from './use-console-view.ts'

export interface SerialToolsProps {
  guest: VerbGuest
  isWindow: boolean
  state: LineState
  terminal: Terminal | undefined
  isSelected: boolean
  view: ConsoleView
  onView: (part: Partial<ConsoleView>) => void
  onReconnect: () => void
  onSearch: () => void
  onCopy: () => void
  onPaste: () => void
}

/** The tools of a serial console. */
export function SerialTools(props: SerialToolsProps) {
  const { guest, isWindow, state, terminal, isSelected, view, onView } = props
  const { onReconnect, onSearch, onCopy, onPaste } = props
  const { t } = useTranslation(['consoles', 'common'])
  const notConnected = state.kind === 'open' ? undefined : t('notConnected')
  const save = () => {
    if (!terminal) return
    const text = new Blob([terminal.text()], { type: 'text/plain' })
    saveFile(stampedName(shortName(guest), 'txt'), text)
  }
  return (
    <>
      <LineLabel state={state} />
      <span className="console-tools-space" />
      <ToolButton label={t('search')} icon={SearchIcon} onClick={onSearch} />
      <ToolButton
        label={t('common:copy')}
        icon={CopyIcon}
        refusal={isSelected ? undefined : t('selectFirst')}
        onClick={onCopy}
      />
      <ToolButton label={t('paste')} icon={PasteIcon} refusal={notConnected} onClick={onPaste} />
      <ToolButton label={t('saveText')} icon={DownloadIcon} onClick={save} />
      <CommonTools {...{ guest, isWindow, view, onView, onReconnect }} kind="serial" />
    </>
  )
}
