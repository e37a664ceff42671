// Started instead of main.ts where the sources run: a worker needs little of the appliance.
import { storeWorker } from './store-worker.ts'

await storeWorker(process.argv[2]!)
