import './console.css'
import { useCallback, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { isOn, shortName, stateOf, type VerbGuest } from '../guest-verbs.ts'
import { useDialog } from '../use-dialog.ts'
import { ConsoleFrame } from './ConsoleFrame.tsx'
import { KeyBar } from './KeyBar.tsx'
import { LineNote } from './LineNote.tsx'
import type { LineEvents } from './line.ts'
import { ScreenTools } from './ScreenTools.tsx'
import { openScreen } from './screen.ts'
import { TypeDialog } from './TypeDialog.tsx'
import type { KeyEvent } from './typing.ts'
import { useConsoleView } from './use-console-view.ts'
import { type Channel, useLine } from './use-line.ts'
import { useTyping } from './use-typing.ts'

/** The screen of a guest, with what can be done to it. `isWindow`: it has a window of its own. */
export function GuestScreen({ guest, isWindow = false }: { guest: VerbGuest; isWindow?: boolean }) {
  const { t } = useTranslation('consoles')
  const host = useRef<HTMLDivElement>(null)
  const { view, change } = useConsoleView()
  const { dialog, open, close } = useDialog()
  const label = t('screenOf', { name: shortName(guest) })
  const attach = useCallback(
    ({ url, password }: Channel, events: LineEvents) => {
      if (!host.current) throw new Error('the place of the screen is gone')
      return openScreen({ host: host.current, url, password, label, events })
    },
    [label],
  )
  const { state, connection, reconnect } = useLine({
    guest: guest.id,
    protocol: 'vnc',
    isRunning: isOn(stateOf(guest)),
    attach,
  })
  const { isFitted, isViewOnly } = view
  useEffect(() => connection?.show({ isFitted, isViewOnly }), [connection, isFitted, isViewOnly])
  const press = useCallback((events: readonly KeyEvent[]) => connection?.press(events), [connection])
  const typing = useTyping(connection && !isViewOnly ? connection.press : undefined)
  return (
    <ConsoleFrame
      isWindow={isWindow}
      view={view}
      onView={change}
      tools={
        <ScreenTools
          guest={guest}
          isWindow={isWindow}
          state={state}
          screen={connection}
          typing={typing}
          view={view}
          onView={change}
          onReconnect={reconnect}
          onType={() => open('type')}
        />
      }
      note={<LineNote state={state} guest={guest} onReconnect={reconnect} />}
      foot={<KeyBar press={press} isDisabled={!connection || isViewOnly} />}
    >
      <div ref={host} className={isFitted ? 'console-screen' : 'console-screen console-screen-real'} />
      {dialog === 'type' && (
        <TypeDialog
          onType={(strokes) => {
            typing.type(strokes)
            connection?.focus()
          }}
          onClose={close}
        />
      )}
    </ConsoleFrame>
  )
}
