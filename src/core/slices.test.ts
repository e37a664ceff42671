import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace, inSlices } from './slices.ts'

const keys = Array.from({ length: 1203 }, (_, index) => String(index).padStart(5, '0'))
const itself = (key: string) => key
const read = (from: readonly string[]) => (after: string, limit: number) =>
  from.filter((key) => key > after).slice(0, limit)

async function collect(rows: AsyncIterable<string[]>, between: () => void = () => undefined) {
  const found: string[] = []
  for await (const page of rows) {
    found.push(...page)
    between()
  }
  return found
}

test('every row once, whatever the number, and everything else has its turn between', async () => {
  for (const count of [0, 1, 499, 500, 501, 1000, 1203]) {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    let pages = 0
    const some = keys.slice(0, count)
    assert.deepEqual(await collect(inSlices(itself, read(some)), () => pages++), some)
    clearInterval(timer)
    assert.equal(pages, Math.ceil(count / 500))
  }
})

test('what goes meanwhile moves none of the others', async () => {
  const there = [...keys]
  const found = await collect(
    inSlices(itself, (after, limit) => read(there)(after, limit)),
    () => {
      there.splice(0, 10)
    },
  )
  assert.deepEqual(found, keys)
})

test('a pace lets others have their turn only when some time has passed', async () => {
  const pace = createPace()
  assert.equal(pace(), undefined)
  let others = 0
  const immediate = setImmediate(() => others++)
  for (const until = performance.now() + 20; performance.now() < until; );
  await pace()
  clearImmediate(immediate)
  assert.equal(others, 1)
  assert.equal(pace(), undefined)
})
