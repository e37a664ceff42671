// A guest's screen by noVNC, which is loaded when the first one is opened.
import type { Connection, LineEvents } from './line.ts'
import type { KeyEvent } from './typing.ts'

export interface ScreenView {
  /** The picture is made to fit its place; else it has its own size. */
  isFitted: boolean
  /** Nothing is sent to the guest. */
  isViewOnly: boolean
}

export interface Screen extends Connection {
  show(view: ScreenView): void
  press(events: readonly KeyEvent[]): void
  focus(): void
  /** As PNG. */
  picture(): Promise<Blob>
}

export interface ScreenOptions {
  host: HTMLElement
  url: string
  password: string
  /** For screen readers. */
  label: string
  events: LineEvents
}

/** Connects; resolves before the guest has answered, which `events` tell. */
export async function openScreen({ host, url, password, label, events }: ScreenOptions): Promise<Screen> {
  const { default: Client } = await import('@novnc/novnc')
  const socket = new WebSocket(url, 'binary')
  const client = new Client(host, socket, { credentials: { username: '', password, target: '' } })
  client.background = 'transparent'
  let isClosed = false
  const end = (code: number, reason: string) => {
    if (isClosed) return
    isClosed = true
    events.onEnd({ code, reason })
  }
  client.addEventListener('connect', () => events.onOpen())
  client.addEventListener('securityfailure', ({ detail }) => end(0, detail.reason ?? ''))
  // noVNC does not tell with which words the other side went.
  socket.addEventListener('close', ({ code, reason }) => end(code, reason))
  const canvas = host.querySelector('canvas')
  canvas?.setAttribute('role', 'application')
  canvas?.setAttribute('aria-label', label)
  if (canvas) canvas.tabIndex = 0
  return {
    show({ isFitted, isViewOnly }) {
      client.scaleViewport = isFitted
      client.viewOnly = isViewOnly
    },
    press(keys) {
      for (const { keysym, code, isDown } of keys) client.sendKey(keysym, code, isDown)
    },
    focus: () => client.focus(),
    picture: () =>
      new Promise((resolve, reject) =>
        client.toBlob(
          (blob: Blob | null) => (blob ? resolve(blob) : reject(new Error('no picture'))),
          'image/png',
        ),
      ),
    close() {
      isClosed = true
      client.disconnect()
    },
  }
}
