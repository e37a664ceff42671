import { type KeyboardEvent, type ReactNode, useCallback, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useFullScreenEnd } from './full-screen.ts'
import type { ConsoleView } from './use-console-view.ts'

export interface ConsoleFrameProps {
  isWindow: boolean
  view: ConsoleView
  onView: (part: Partial<ConsoleView>) => void
  tools: ReactNode
  /** Over the console while it is not connected. */
  note: ReactNode
  /** Below it. */
  foot?: ReactNode
  children: ReactNode
}

/** A console between its tools; F6 with Ctrl and Shift goes from it to them, since all other keys are the guest's. */
export function ConsoleFrame({ isWindow, view, onView, tools, note, foot, children }: ConsoleFrameProps) {
  const { t } = useTranslation('consoles')
  const toolBar = useRef<HTMLDivElement>(null)
  const fullEnded = useCallback(() => onView({ isFull: false }), [onView])
  useFullScreenEnd(fullEnded)
  const leave = (event: KeyboardEvent) => {
    if (event.code !== 'F6' || !event.ctrlKey || !event.shiftKey) return
    event.preventDefault()
    event.stopPropagation()
    toolBar.current?.querySelector<HTMLElement>('button:not([disabled])')?.focus()
  }
  const classes = ['console', isWindow ? 'console-window' : '', view.isFull ? 'console-full' : '']
  return (
    <div className={classes.join(' ')} onKeyDownCapture={leave}>
      <div ref={toolBar} className="console-tools" role="toolbar" aria-label={t('tools')}>
        {tools}
      </div>
      <div className="console-place">
        {children}
        {note}
      </div>
      {foot}
      <p className="console-hint">{t('leaveHint')}</p>
    </div>
  )
}
