import { ApiError, connectionLost } from '../../api/errors.ts'

/** Where an upload stands. */
export interface Standing {
  offset: number
  finished: boolean
}

export interface Part {
  upload: string
  offset: number
  body: Blob
  signal: AbortSignal
  /** All bytes that the browser has handed on, those before `offset` counted. */
  onSent: (sentBytes: number) => void
}

// A connection on which nothing moves for so long is given up, and made anew.
const stalledMs = 30_000

/**
 * Sends the bytes of an upload from `offset` on. By XMLHttpRequest, since `fetch` does not tell how far it is. Throws an
 * `ApiError`, of code `unreachable` where the connection broke, and the signal's reason.
 */
export function sendPart({ upload, offset, body, signal, onSent }: Part): Promise<Standing> {
  const { promise, resolve, reject } = Promise.withResolvers<Standing>()
  const request = new XMLHttpRequest()
  const lost = (cause: string) => {
    reject(connectionLost(cause))
    request.abort()
  }
  let timer = setTimeout(lost, stalledMs, 'stalled')
  request.upload.onprogress = ({ loaded }) => {
    clearTimeout(timer)
    timer = setTimeout(lost, stalledMs, 'stalled')
    onSent(offset + loaded)
  }
  // From here on the appliance checks what came, which takes its time.
  request.upload.onload = () => clearTimeout(timer)
  request.onload = () => {
    const answer = parsed(request.responseText)
    if (request.status === 200 && answer.data) resolve(answer.data)
    else if (request.status === 0 || request.status >= 502) lost(`HTTP ${request.status}`)
    else reject(new ApiError(request.status, answer))
  }
  request.onerror = () => lost('broken')
  signal.addEventListener('abort', () => {
    reject(signal.reason)
    request.abort()
  })
  request.open('PATCH', `/api/v1/uploads/${encodeURIComponent(upload)}`)
  request.setRequestHeader('Content-Type', 'application/octet-stream')
  request.setRequestHeader('Upload-Offset', String(offset))
  request.send(body)
  return promise.finally(() => clearTimeout(timer))
}

function parsed(text: string): { data?: Standing; message?: string } {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
