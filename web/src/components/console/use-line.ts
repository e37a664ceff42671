import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError, isSignedOut } from '../../api/errors.ts'
import { useChange } from '../../api/query.ts'
import { useRefusalText } from '../Refusal.tsx'
import { type Connection, createLine, type Line, type LineEvents, type LineState } from './line.ts'

export interface Channel {
  /** Of the websocket. */
  url: string
  password: string
}

export interface UseLineOptions<C extends Connection> {
  guest: string
  protocol: 'vnc' | 'serial'
  isRunning: boolean
  /** Must be stable. */
  attach: (channel: Channel, events: LineEvents) => Promise<C>
}

/**
 * A console that stays connected while it is shown. `connection` is the present one; leaving ends the connection and
 * nothing in the guest.
 */
export function useLine<C extends Connection>({ guest, protocol, isRunning, attach }: UseLineOptions<C>) {
  const [state, setState] = useState<LineState>({ kind: 'connecting' })
  const [connection, setConnection] = useState<C>()
  const line = useRef<Line>(undefined)
  const { mutateAsync: ask } = useChange('post', '/monitor_channels')
  const textOf = useLatest(useRefusalText())
  useEffect(() => {
    const made = createLine({
      isExclusive: protocol === 'serial',
      tell: setState,
      isPassing,
      reasonOf: (error) => textOf.current(error),
      async connect(events) {
        const { id, password } = await ask({ body: { guest, protocol } })
        const opened = await attach({ url: channelUrl(id), password }, events)
        setConnection(opened)
        return opened
      },
    })
    line.current = made
    window.addEventListener('online', made.wake)
    return () => {
      window.removeEventListener('online', made.wake)
      made.close()
      line.current = undefined
    }
  }, [guest, protocol, ask, attach, textOf])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line has to be told as well
  useEffect(() => line.current?.setRunning(isRunning), [isRunning, guest, protocol, ask, attach])
  const reconnect = useCallback(() => line.current?.reconnect(), [])
  return { state, connection: state.kind === 'open' ? connection : undefined, reconnect }
}

function useLatest<T>(value: T) {
  const ref = useRef(value)
  useEffect(() => {
    ref.current = value
  })
  return ref
}

/** What another try may mend: no network, a restart, a guest that just changes, a session that is being renewed. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof ApiError) || isSignedOut(error) || ![400, 403, 404].includes(error.status)

function channelUrl(id: string): string {
  const url = new URL(`/monitor_channels/${encodeURIComponent(id)}`, window.location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
