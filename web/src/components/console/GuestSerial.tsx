import './console.css'
import { useCallback, useRef, useState } from 'react'
import { copyToClipboard } from '../../ui/CopyText.tsx'
import { isOn, stateOf, type VerbGuest } from '../guest-verbs.ts'
import { useDialog } from '../use-dialog.ts'
import { ConsoleFrame } from './ConsoleFrame.tsx'
import { LineNote } from './LineNote.tsx'
import type { LineEvents } from './line.ts'
import { PasteDialog } from './PasteDialog.tsx'
import { SearchBar } from './SearchBar.tsx'
import { SerialTools } from './SerialTools.tsx'
import { useConsoleView } from './use-console-view.ts'
import { type Channel, useLine } from './use-line.ts'
import { useTerminal } from './use-terminal.ts'

/** The serial console of a guest. `isWindow`: it has a window of its own. */
export function GuestSerial({ guest, isWindow = false }: { guest: VerbGuest; isWindow?: boolean }) {
  const host = useRef<HTMLDivElement>(null)
  const { view, change } = useConsoleView()
  const { dialog, open, close } = useDialog()
  const [isSearching, setSearching] = useState(false)
  const search = useCallback(() => setSearching(true), [])
  const { terminal, isSelected } = useTerminal({ host, guest, onSearch: search })
  const attach = useCallback(
    async ({ url }: Channel, events: LineEvents) => {
      if (!terminal) throw new Error('the terminal is gone')
      return terminal.connect(url, events)
    },
    [terminal],
  )
  const { state, reconnect } = useLine({
    guest: guest.id,
    protocol: 'serial',
    isRunning: isOn(stateOf(guest)) && terminal !== undefined,
    attach,
  })
  const isLoading = terminal === undefined && isOn(stateOf(guest))
  const shown = isLoading ? ({ kind: 'connecting' } as const) : state
  return (
    <ConsoleFrame
      isWindow={isWindow}
      view={view}
      onView={change}
      tools={
        <SerialTools
          {...{ guest, isWindow, terminal, view, isSelected }}
          state={shown}
          onView={change}
          onReconnect={reconnect}
          onSearch={search}
          onPaste={() => open('paste')}
          onCopy={() => terminal && void copyToClipboard(terminal.selected())}
        />
      }
      note={<LineNote state={shown} guest={guest} onReconnect={reconnect} />}
    >
      {isSearching && terminal && (
        <SearchBar
          terminal={terminal}
          onClose={() => {
            setSearching(false)
            terminal.endSearch()
            terminal.focus()
          }}
        />
      )}
      <div ref={host} className="console-terminal" />
      {dialog === 'paste' && (
        <PasteDialog
          onPaste={(text) => {
            terminal?.paste(text)
            terminal?.focus()
          }}
          onClose={close}
        />
      )}
    </ConsoleFrame>
  )
}
