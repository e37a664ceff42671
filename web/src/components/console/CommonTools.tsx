import CompressIcon from '@patternfly/react-icons/dist/esm/icons/compress-icon'
import ExpandIcon from '@patternfly/react-icons/dist/esm/icons/expand-icon'
import ExternalLinkAltIcon from '@patternfly/react-icons/dist/esm/icons/external-link-alt-icon'
import RedoIcon from '@patternfly/react-icons/dist/esm/icons/redo-icon'
import { useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { VerbGuest } from '../guest-verbs.ts'
import { enterFullScreen, leaveFullScreen } from './full-screen.ts'
import { ToolButton } from './ToolButton.tsx'
import type { ConsoleView } from './use-console-view.ts'

export interface CommonToolsProps {
  guest: VerbGuest
  kind: 'screen' | 'serial'
  isWindow: boolean
  view: ConsoleView
  onView: (part: Partial<ConsoleView>) => void
  onReconnect: () => void
}

/** What both consoles have at the end of their tools. */
export function CommonTools({ guest, kind, isWindow, view, onView, onReconnect }: CommonToolsProps) {
  const { t } = useTranslation('consoles')
  const router = useRouter()
  const openWindow = () => {
    const { href } = router.buildLocation({
      to: '/console/$id',
      params: { id: guest.id },
      search: kind === 'serial' ? { kind } : {},
    })
    window.open(router.history.createHref(href), `console-${kind}-${guest.id}`, 'popup,width=1100,height=800')
  }
  const toggleFull = () => {
    onView({ isFull: !view.isFull })
    void (view.isFull ? leaveFullScreen() : enterFullScreen())
  }
  return (
    <>
      <ToolButton label={t('reconnect')} icon={RedoIcon} onClick={onReconnect} />
      {!isWindow && <ToolButton label={t('ownWindow')} icon={ExternalLinkAltIcon} onClick={openWindow} />}
      <ToolButton
        label={view.isFull ? t('leaveFull') : t('full')}
        icon={view.isFull ? CompressIcon : ExpandIcon}
        isPressed={view.isFull}
        onClick={toggleFull}
      />
    </>
  )
}
