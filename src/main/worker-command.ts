import { packaged, treePath } from '../packaging/assets.ts'

const program = packaged ? [process.execPath] : [process.execPath, treePath('src/main.ts')]

/** Starts a storage worker; its directory comes after these words. */
export const storeWorkerCommand: readonly string[] = [...program, 'internal-store-worker']

/** Starts the watch of a bridge that waits for its confirmation; the data directory comes after these words. */
export const hostBridgeCommand: readonly string[] = [...program, 'internal-host-bridge']
