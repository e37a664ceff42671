import { packaged, treePath } from '../packaging/assets.ts'

/** Runs the sources as they are. */
export const sourceWorker: readonly string[] = [process.execPath, treePath('src/main/store-worker-entry.ts')]

/** Starts a storage worker; its directory comes after these words. */
export const storeWorkerCommand: readonly string[] = packaged
  ? [process.execPath, 'internal-store-worker']
  : sourceWorker
