// Random requests at every operation: whatever is sent, no answer is an internal error. NACELLE_TEST_SEED repeats a run.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mainOperations } from '../../src/main/operations.ts'
import { makeGuest, makeImage, openTestAppliance, type TestAppliance } from '../support/appliance.ts'
import { generator, type Random } from '../support/random.ts'

const requests = Number(process.env['NACELLE_FUZZ_REQUESTS'] ?? 20_000)
const seed = Number(process.env['NACELLE_TEST_SEED'] ?? Date.now() % 1e9)

let world: TestAppliance
/** Names and ids that exist, so that requests also get past the first look-up. */
let known: string[]
before(async () => {
  world = await openTestAppliance()
  const image = await makeImage(world, 'disk', { sizeBytes: 2 ** 28 })
  known = [image, await makeGuest(world, {}), 'default', 'local', 'manager', 'admin', 'internal', 'here']
})
after(() => world.close())

const oddTexts = [
  '',
  ' ',
  '..',
  '../../etc/passwd',
  "' or 1=1 --",
  '\u0000',
  '%00',
  '💥',
  '__proto__',
  '-rf',
  'x'.repeat(5000),
]
const oddNumbers = [0, -1, 1, 0.5, 1e308, 2 ** 53, 4096, 1 << 20]
const words = [
  'name',
  'owner',
  'group',
  'pool',
  'cores',
  'memory',
  'disks',
  'force',
  'source',
  'target',
  'user',
  'password',
  'old',
  'new',
  'gateway',
  'dns',
  'end',
  'netmask',
  'start',
  'limit',
  'offset',
  'keyword',
  'value',
  'tags',
  'guest',
  'image',
  'size',
] as const

function value(r: Random, depth: number): unknown {
  const kind = r.whole(0, depth > 3 ? 4 : 6)
  if (kind === 0) return r.pick(oddNumbers)
  if (kind === 1) return r.chance(0.5)
  if (kind === 2) return null
  if (kind <= 4) return r.chance(0.5) ? r.pick(known) : r.pick(oddTexts)
  if (kind === 5) return Array.from({ length: r.whole(0, 3) }, () => value(r, depth + 1))
  return object(r, depth + 1)
}

const object = (r: Random, depth = 0): object =>
  Object.fromEntries(Array.from({ length: r.whole(0, 8) }, () => [r.pick(words), value(r, depth)]))

/** Mostly JSON; sometimes none, cut short, or of another shape. */
function body(r: Random): string | undefined {
  if (r.chance(0.1)) return undefined
  const text = JSON.stringify(r.chance(0.9) ? object(r) : value(r, 0))
  return r.chance(0.1) ? text.slice(0, r.whole(0, text.length)) : text
}

const query = (r: Random) =>
  r.chance(0.7)
    ? ''
    : `?${r.pick(words)}=${encodeURIComponent(String(r.pick([...known, ...oddNumbers, ...oddTexts])))}`

test(`no random request is an internal error (seed ${seed})`, { timeout: 3_600_000 }, async () => {
  const r = generator(seed)
  const operations = mainOperations(
    ...([world.appliance, () => ({})] as unknown as Parameters<typeof mainOperations>),
  ).filter(
    // Looking at the real host, and at every row of the journal, is no matter of input.
    ({ id, bodyType }) =>
      bodyType !== 'stream' && !['doctor.look', 'journal.verify'].includes(id) && !id.startsWith('doctor'),
  )
  const statuses = new Map<number, number>()
  for (let n = 0; n < requests; n++) {
    const { method, path, id } = r.pick(operations)
    const filled = path.replace(
      /:\w+/g,
      () => encodeURIComponent(r.pick(r.chance(0.6) ? known : oddTexts)) || 'x',
    )
    const sent = method === 'GET' ? undefined : body(r)
    const answer = await world.call(method, `${filled}${query(r)}`, sent)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    const told = `request ${n} (${id}): ${method} ${filled.slice(0, 100)} ${sent?.slice(0, 300)}`
    assert.ok(
      answer.status !== 500 && answer.status < 504,
      `${answer.status} to ${told}: ${answer.text.slice(0, 300)}`,
    )
  }
  console.log(`${requests} requests:`, Object.fromEntries([...statuses].sort()))
  assert.ok((statuses.get(400) ?? 0) > 0 && (statuses.get(200) ?? 0) > 0)
})
