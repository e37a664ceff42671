import { WebSocket } from 'ws'
import { AppError } from '../../core/errors.ts'
import { httpStatus } from '../nano/errors.ts'

export const closeCode = { normal: 1000, stopping: 1001, badControl: 1008, failed: 1011 } as const

// Browsers show a page the code of a close, but nothing of a refused upgrade: errors come as 4000 + HTTP status.
const errorBase = 4000
const mostReasonBytes = 123

/** Ends a websocket with a code and words; who does not answer the goodbye is cut. */
export function closeWith(ws: WebSocket, code: number, reason: string): void {
  if (ws.readyState !== WebSocket.OPEN) return
  // What was paused could never hear the other side's goodbye.
  ws.resume()
  ws.close(code, fitting(reason))
}

/** An error of ours as close code and reason; internal ones tell nothing. */
export function closeForError(ws: WebSocket, error: unknown): void {
  const known = error instanceof AppError
  closeWith(ws, errorBase + httpStatus(error), known ? error.message : 'internal error; the log tells more')
}

function fitting(reason: string): string {
  let text = reason
  while (Buffer.byteLength(text) > mostReasonBytes) text = text.slice(0, -1)
  return text
}
