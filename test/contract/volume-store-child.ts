// Does one call on a store, to be killed in the middle: node volume-store-child.ts MODULE ARGUMENT CALL
import type { VolumeStore } from '../../src/core/volumes.ts'
import { perform } from './volume-store-contract.ts'
import type { StoreCall } from './volume-store-cuts.ts'

const [module, argument, call] = process.argv.slice(2)
const { open } = (await import(module ?? '')) as { open(argument: unknown): VolumeStore }
const store = open(JSON.parse(argument ?? ''))
process.stdout.write('ready\n')
await perform(store, JSON.parse(call ?? '') as StoreCall)
