// Many guests on the behaving host: made side by side, listed, and deleted, with nothing lost and no clash.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { guestBody, makeImage, openTestAppliance, type TestAppliance } from '../support/appliance.ts'

const guests = Number(process.env['NACELLE_SCALE_GUESTS'] ?? 200)
const atOnce = 50

let world: TestAppliance
let image = ''
before(async () => {
  world = await openTestAppliance()
  image = await makeImage(world, 'disk', { sizeBytes: 2 ** 28 })
})
after(() => world.close())

async function inBatches<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < items.length; from += atOnce)
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(act))))
  return results
}

test(`${guests} clones of one image, ${atOnce} at once, come and go`, { timeout: 1_200_000 }, async () => {
  const names = Array.from({ length: guests }, (_, n) => `clone-${n}`)
  const made = await inBatches(names, (name) =>
    world.call('POST', '/guests/', guestBody({ name, from_image: image, ports: [8080] })),
  )
  assert.deepEqual(
    made.filter(({ status }) => status !== 202).map(({ message }) => message),
    [],
  )
  const ids = made.map(({ data }) => (data as { id: string }).id)
  await Promise.all(ids.map((id) => settled(id)))
  const found = await inBatches(ids, (id) => world.call('GET', `/guests/${id}`))
  const shown = found.map(
    ({ data }) => data as { internal: { allocated_address: string }; ports: { host: number }[] },
  )
  assert.equal(new Set(shown.map(({ internal }) => internal.allocated_address)).size, guests)
  assert.equal(new Set(shown.map(({ ports }) => ports[0]?.host)).size, guests)
  const page = await world.call('POST', '/search/guests/', { limit: 50, offset: 50 })
  assert.equal((page.data as { total: number }).total, guests)
  const gone = await inBatches(ids, (id) => world.call('DELETE', `/guests/${id}`, { force: true }))
  assert.ok(gone.every(({ status }) => status === 200))
  assert.equal(world.hypervisor.world.domains.size, 0)
})

async function settled(id: string): Promise<void> {
  const [task] = world.appliance.tasks.list({ subject: `guest:${id}`, limit: 1 }).tasks
  if (task) await world.appliance.tasks.wait(task.id, 600_000)
}
