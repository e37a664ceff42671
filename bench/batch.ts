// Thin clones of one image made by one batch on the directory pool. Usage: node bench/batch.ts [count]
import { createBatch } from '../test/support/batch-of-clones.ts'
import { sayFigure } from './figures.ts'

const count = Number(process.argv[2] ?? 100)
const { elapsedMs, items, lockErrors } = await createBatch(count)
const failed = items.filter(({ status }) => status !== 'created')
for (const { name, error } of failed) console.log(`${name}: ${error}`)
for (const line of lockErrors) console.log(line)
sayFigure({ name: `batch of ${count}`, value: elapsedMs / 1000, unit: 's', aim: { most: 60 } })
sayFigure({ name: 'failed', value: failed.length, unit: 'guests', aim: { most: 0 } })
sayFigure({ name: 'lock errors', value: lockErrors.length, unit: 'lines', aim: { most: 0 } })
