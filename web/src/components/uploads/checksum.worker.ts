// Reads a file piece by piece and adds it up, away from the page that people type in.
import { sha256 } from '@noble/hashes/sha2.js'

export interface ChecksumRequest {
  file: Blob
}

export type ChecksumNews = { readBytes: number } | { digest: string } | { failure: string }

const pieceBytes = 4 * 2 ** 20

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ChecksumRequest>) => void
  postMessage(news: ChecksumNews): void
}

scope.onmessage = ({ data: { file } }) => {
  digestOf(file).catch((error: unknown) => scope.postMessage({ failure: String(error) }))
}

async function digestOf(file: Blob): Promise<void> {
  const sum = sha256.create()
  for (let at = 0; at < file.size; at += pieceBytes) {
    sum.update(new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer()))
    scope.postMessage({ readBytes: Math.min(file.size, at + pieceBytes) })
  }
  const hex = Array.from(sum.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')
  scope.postMessage({ digest: hex })
}
