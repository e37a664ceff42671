import { request } from 'node:http'
import { join } from 'node:path'
import { AppError, type ErrorCode } from '../core/errors.ts'

export const controlPath = (dataDir: string): string => join(dataDir, 'nacelle.sock')
/** What the command line shows at the control socket; whoever can open it is root. */
export const localCredential = 'local'

/** Thrown where no appliance runs on the data directory. */
export class NotRunning extends Error {}

interface Envelope {
  error_code: number
  message: string
  data: unknown
  code?: ErrorCode
}

/** One operation of the running appliance. Throws NotRunning, or the appliance's own error. */
export async function localCall(
  dataDir: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const text = await exchange(controlPath(dataDir), { method, path, body }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') throw new Error('only root may do this: run it with sudo')
      if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED') throw error
      throw new NotRunning(
        `no appliance runs on ${dataDir}: start it with 'nacelle serve', or name its --data-dir`,
      )
    },
  )
  const envelope = JSON.parse(text) as Envelope
  if (envelope.error_code !== 0) throw new AppError(envelope.code ?? 'unavailable', envelope.message)
  return envelope.data
}

function exchange(
  socketPath: string,
  { method, path, body }: { method: string; path: string; body?: object },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({
      socketPath,
      method,
      path: `/api/v1${path}`,
      headers: { Authorization: `Bearer ${localCredential}` },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    sent.end(body && JSON.stringify(body))
  })
}
