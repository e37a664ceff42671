import type { ImageKind } from './image.ts'

/** A directory for each kind of image into which an operator lays files of images. */
export interface ImportFolder {
  /** By name; what begins with a dot is left out. Nothing where the directory is not there. */
  list(kind: ImageKind): Promise<LaidFile[]>
  /** The bytes of a file. Throws `conflict` where that is no plain file any more. */
  read(kind: ImageKind, name: string): Promise<{ stream: AsyncIterable<Uint8Array>; sizeBytes: number }>
}

export interface LaidFile {
  name: string
  sizeBytes: number
  /** `link`: a symbolic one, which could lead anywhere. `other`: a directory, a device, a pipe. */
  sort: 'file' | 'link' | 'other'
}
