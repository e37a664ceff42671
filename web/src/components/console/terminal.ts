// A terminal by xterm.js, which is loaded when the first one is opened.
import type { Terminal as XTerm } from '@xterm/xterm'
import { setStylesByScript, withAdoptedStyles } from './adopted-styles.ts'
import type { Connection, LineEvents } from './line.ts'
import { scrollbackText } from './scrollback.ts'

export interface Found {
  /** From 1; 0 where there is none. */
  index: number
  count: number
}

export interface Terminal {
  connect(url: string, events: LineEvents): Connection
  focus(): void
  clear(): void
  paste(text: string): void
  selected(): string
  onSelected(listener: (isAny: boolean) => void): void
  find(text: string, direction: 'next' | 'previous'): void
  onFound(listener: (found: Found) => void): void
  endSearch(): void
  /** All that was printed and is still kept. */
  text(): string
  close(): void
}

export interface TerminalOptions {
  host: HTMLElement
  /** For screen readers. */
  label: string
  onSearch(): void
  onCopy(): void
}

const keptLines = 10_000

// xterm.js wants its marks in this form; its own colours are the same in both themes as well.
const marks = {
  matchBackground: '#5f4b00',
  activeMatchBackground: '#b8860b',
  matchOverviewRuler: '#b8860b',
  activeMatchColorOverviewRuler: '#ffd700',
}

export async function openTerminal({ host, label, onSearch, onCopy }: TerminalOptions): Promise<Terminal> {
  const [{ Terminal: Emulator }, { FitAddon }, { SearchAddon }] = await Promise.all([
    import('@xterm/xterm'),
    import('@xterm/addon-fit'),
    import('@xterm/addon-search'),
    import('@xterm/xterm/css/xterm.css'),
  ])
  const terminal = new Emulator({
    // Marks of a search are not settled API.
    allowProposedApi: true,
    scrollback: keptLines,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    fontFamily: getComputedStyle(host).fontFamily,
    fontSize: 14,
    minimumContrastRatio: 4.5,
  })
  const [fit, search] = [new FitAddon(), new SearchAddon()]
  terminal.loadAddon(fit)
  terminal.loadAddon(search)
  const dropStyles = withAdoptedStyles(() => terminal.open(host))
  setStylesByScript(terminal)
  terminal.textarea?.setAttribute('aria-label', label)
  terminal.attachCustomKeyEventHandler((event) => keyHandler(event, { onSearch, onCopy }))
  fit.fit()
  const observer = new ResizeObserver(() => fit.fit())
  observer.observe(host)
  return {
    connect: (url, events) => connect(terminal, url, events),
    focus: () => terminal.focus(),
    clear: () => terminal.clear(),
    paste: (text) => terminal.paste(text),
    selected: () => terminal.getSelection(),
    onSelected: (listener) => void terminal.onSelectionChange(() => listener(terminal.hasSelection())),
    find: (text, direction) =>
      void (direction === 'next'
        ? search.findNext(text, { decorations: marks, incremental: false })
        : search.findPrevious(text, { decorations: marks })),
    onFound: (listener) =>
      void search.onDidChangeResults(({ resultIndex, resultCount }) =>
        listener({ index: resultIndex + 1, count: resultCount }),
      ),
    endSearch: () => search.clearDecorations(),
    text: () => scrollbackText(terminal.buffer.normal),
    close() {
      observer.disconnect()
      terminal.dispose()
      dropStyles()
    },
  }
}

/** False for what is done here and not in the guest. */
function keyHandler(
  event: KeyboardEvent,
  { onSearch, onCopy }: Pick<TerminalOptions, 'onSearch' | 'onCopy'>,
) {
  if (event.type !== 'keydown' || !event.ctrlKey || event.altKey || event.metaKey) return true
  if (event.code === 'KeyF') onSearch()
  else if (event.code === 'KeyC' && event.shiftKey) onCopy()
  // The browser pastes.
  else return !(event.code === 'KeyV' && event.shiftKey)
  event.preventDefault()
  return false
}

function connect(terminal: XTerm, url: string, events: LineEvents): Connection {
  const { cols, rows } = terminal
  const socket = new WebSocket(`${url}?columns=${cols}&rows=${rows}`, 'binary')
  socket.binaryType = 'arraybuffer'
  const encoder = new TextEncoder()
  const send = (data: Uint8Array<ArrayBuffer> | string) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data)
  }
  const heard = [
    terminal.onData((text) => send(encoder.encode(text))),
    terminal.onBinary((text) => send(Uint8Array.from(text, (character) => character.charCodeAt(0)))),
    terminal.onResize((size) => send(JSON.stringify({ resize: { columns: size.cols, rows: size.rows } }))),
  ]
  let isClosed = false
  const deafen = () => {
    isClosed = true
    for (const one of heard) one.dispose()
  }
  socket.addEventListener('open', () => events.onOpen())
  socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
    if (!isClosed) terminal.write(new Uint8Array(data))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    if (isClosed) return
    deafen()
    events.onEnd({ code, reason })
  })
  return {
    close() {
      deafen()
      socket.close()
    },
  }
}
