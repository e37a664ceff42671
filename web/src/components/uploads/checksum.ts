import type { ChecksumNews, ChecksumRequest } from './checksum.worker.ts'

/** The file cannot be read any more: it was moved, changed or its medium taken away. */
export class FileUnreadable extends Error {}

export interface ChecksumOptions {
  signal?: AbortSignal
  onRead?: (readBytes: number) => void
}

/** SHA-256 of a file in hexadecimal digits. Throws `FileUnreadable`, and the signal's reason. */
export function checksumOf(file: Blob, { signal, onRead }: ChecksumOptions = {}): Promise<string> {
  const worker = new Worker(new URL('./checksum.worker.ts', import.meta.url), { type: 'module' })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  worker.onmessage = ({ data }: MessageEvent<ChecksumNews>) => {
    if ('readBytes' in data) onRead?.(data.readBytes)
    else if ('digest' in data) resolve(data.digest)
    else reject(new FileUnreadable(data.failure))
  }
  worker.onerror = ({ message }) => reject(new Error(message))
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  worker.postMessage({ file } satisfies ChecksumRequest)
  return promise.finally(() => worker.terminate())
}

const beginningBytes = 2 ** 20

/** By this a file that is chosen again is known. */
export const checksumOfBeginning = (file: Blob): Promise<string> => checksumOf(file.slice(0, beginningBytes))
