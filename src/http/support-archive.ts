import { once } from 'node:events'
import { pipeline, type Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import type { SupportFile } from '../core/support/bundle.ts'

/** The files as a gzipped tar below `folder`, made as they are read; one that cannot be made ends the stream with the error. */
export function supportArchive(folder: string, files: AsyncIterable<SupportFile>, modified: Date): Readable {
  const tar = pack()
  const zipped = createGzip()
  // An error of either is that of the stream, which its reader hears of.
  pipeline(tar as unknown as Readable, zipped, () => undefined)
  const fill = async () => {
    for await (const { name, text } of files) {
      const header = { name: `${folder}/${name}`, mode: 0o644, mtime: modified }
      tar.entry(header, Buffer.from(text))
      if (zipped.destroyed) return
      if (zipped.writableNeedDrain) await Promise.race([once(zipped, 'drain'), once(zipped, 'close')])
    }
    tar.finalize()
  }
  fill().catch((error: Error) => zipped.destroy(error))
  return zipped
}
