// The part of upload.ts that needs a process of its own: the shipped server with the shipped image operations on a
// directory pool. Arguments: the pool's directory. Writes its port and process id.
import { DirStore } from '../src/drivers/dir/dir-store.ts'
import { createInspector } from '../src/drivers/qemu-img/inspector.ts'
import { mediaImageOperations } from '../src/http/nano/media-images.ts'
import { runServer } from '../test/api/server-running.ts'
import { openImageWorld } from '../test/support/image-world.ts'

const store = new DirStore(process.argv[2] ?? '')
await store.probe()
const { images } = await openImageWorld({ store, inspector: createInspector() })
const server = await runServer({ deps: { operations: mediaImageOperations({ images }) } })
process.stdout.write(`${JSON.stringify({ url: server.url, pid: process.pid })}\n`)
