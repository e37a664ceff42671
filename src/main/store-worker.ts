import { DirStore } from '../drivers/dir/dir-store.ts'
import { serveStore } from '../drivers/nfs/serve.ts'
import { createInspector } from '../drivers/qemu-img/inspector.ts'

/** The process behind a mounted pool: ends when the appliance closes its input, or dies with it. */
export async function storeWorker(root: string): Promise<void> {
  process.umask(0o077)
  const [store, inspector] = [new DirStore(root), createInspector()]
  await serveStore({ store, inspector, root, input: process.stdin, output: process.stdout })
  // What hangs on a lost server would keep the process.
  process.exit(0)
}
