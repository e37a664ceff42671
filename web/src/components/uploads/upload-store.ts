// The uploads of this page, outside of React: they go on while pages come and go.
import { useSyncExternalStore } from 'react'

export type ImageKind = 'disk' | 'media'

export type UploadPhase =
  | 'queued'
  | 'sending'
  /** All bytes are sent, and the appliance checks them; then the checksums are compared. */
  | 'checking'
  /** The connection broke; it is tried again by itself. */
  | 'interrupted'
  | 'paused'
  /** The page was loaded anew: the file has to be chosen again. */
  | 'needsFile'
  | 'done'
  | 'failed'

export interface Upload {
  /** The appliance's. */
  id: string
  kind: ImageKind
  image: string
  imageName: string
  isImageNew: boolean
  /** Empty where another browser began it. */
  fileName: string
  sizeBytes: number
  /** SHA-256 of the file's beginning; empty where another browser began it. */
  beginning: string
  phase: UploadPhase
  sentBytes: number
  /** How far the file is added up. */
  readBytes: number
  bytesPerSecond: number | undefined
  /** Of the file here, which the appliance's own is the same as. */
  sha256?: string
  /** Why it failed. */
  error?: unknown
  /** Trying again makes no sense: what is there is not what was sent. */
  isSpoilt?: boolean
}

let all: readonly Upload[] = []
const listeners = new Set<() => void>()

function put(changed: readonly Upload[]): void {
  all = changed
  for (const listener of listeners) listener()
}

export const allUploads = (): readonly Upload[] => all

export const findUpload = (id: string): Upload | undefined => all.find((upload) => upload.id === id)

export const addUpload = (upload: Upload): void => put([...all.filter(({ id }) => id !== upload.id), upload])

export const changeUpload = (id: string, values: Partial<Upload>): void =>
  put(all.map((upload) => (upload.id === id ? { ...upload, ...values } : upload)))

export const forgetUpload = (id: string): void => put(all.filter((upload) => upload.id !== id))

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const useUploads = (): readonly Upload[] => useSyncExternalStore(subscribe, () => all)
