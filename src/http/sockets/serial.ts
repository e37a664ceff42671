import * as v from 'valibot'
import type { WebSocket } from 'ws'
import type { Terminal } from '../../core/hypervisor.ts'
import { closeCode, closeWith } from './close-codes.ts'

const mostUnsentBytes = 256 * 1024

const cells = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))
const controlSchema = v.object({ resize: v.object({ columns: cells, rows: cells }) })

/** Size of the terminal from the query of the request; 80 × 24 where it is not given or makes no sense. */
export function terminalSize(query: URLSearchParams): { columns: number; rows: number } {
  const asked = { columns: Number(query.get('columns')), rows: Number(query.get('rows')) }
  const result = v.safeParse(controlSchema.entries.resize, asked)
  return result.success ? result.output : { columns: 80, rows: 24 }
}

/**
 * Joins a websocket with a terminal. Binary frames are bytes of the terminal, both ways; text frames are control, as
 * JSON: `{"resize": {"columns": 120, "rows": 40}}`. See docs/consoles.md.
 */
export function bridgeTerminal(ws: WebSocket, terminal: Terminal): void {
  let paused = false
  const whenSent = () => {
    if (!paused || ws.bufferedAmount > mostUnsentBytes / 2) return
    paused = false
    terminal.resume()
  }
  terminal.onData((data) => {
    if (ws.readyState !== ws.OPEN) return
    ws.send(Buffer.from(data), { binary: true, compress: false }, whenSent)
    if (paused || ws.bufferedAmount <= mostUnsentBytes) return
    paused = true
    terminal.pause()
  })
  terminal.onExit(() => closeWith(ws, closeCode.normal, 'the console has ended'))
  ws.on('message', (data: Buffer, isBinary) => {
    if (isBinary) terminal.write(data)
    else if (!control(terminal, data.toString()))
      closeWith(ws, closeCode.badControl, 'text frames hold {"resize": {"columns": 1-1000, "rows": 1-1000}}')
  })
  ws.on('close', () => terminal.close())
  ws.on('error', () => terminal.close())
}

function control(terminal: Terminal, text: string): boolean {
  const result = v.safeParse(controlSchema, parse(text))
  if (result.success) terminal.resize(result.output.resize.columns, result.output.resize.rows)
  return result.success
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
