// The walk over the document on real libvirt, QEMU and volumes: what test/api/nano/document-coverage.test.ts walks on the
// fakes. People and pools go the same way; the guest really boots, and its agent sets the passwords.
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { documented, undocumented, without } from '../api/nano/document-operations.ts'
import { Walk, type WalkWorld } from '../api/nano/document-walk.ts'
import { walkGuests } from '../api/nano/document-walk-guests.ts'
import { walkImages } from '../api/nano/document-walk-images.ts'
import { walkPeople } from '../api/nano/document-walk-people.ts'
import { walkPools } from '../api/nano/document-walk-pools.ts'
import { type Appliance, startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import type { Reply } from '../lab/http.ts'
import { buildTinyGuest, makeIso } from '../lab/tiny-guest.ts'

const all = [...documented(), ...undocumented]
/** The first administrator is made by the environment here, so that nobody is asked for the code. */
const onFakesOnly: ReadonlySet<string> = new Set(['POST /system'])

test('every operation of the document on the real host', { timeout: 900_000 }, async (t) => {
  const { lab, appliance, stop } = await startBoth()
  t.after(stop)
  const walk = new Walk(all, appliance.session, async ({ method, path, body, credential }) => {
    const client = (await appliance.anonymous()).with(
      credential === null ? {} : { authorization: `Bearer ${credential}` },
    )
    const reply = await client.request(method, path, { body, timeoutMs: 120_000 })
    return answerOf(reply)
  })
  const world = await worldOf(appliance, walk, lab.dir)
  await walk.good('GET /system', { as: null })
  await t.test('people', () => walkPeople(world))
  await t.test('pools', () => walkPools(world))
  await t.test('images and guests', async () => walkGuests(world, await walkImages(world)))
  for (const sort of ['good', 'bad'] as const)
    assert.deepEqual(
      all.filter(
        (name) => !walk.seen[sort].has(name) && without[name]?.case !== sort && !onFakesOnly.has(name),
      ),
      [],
      `no ${sort} case on the real host`,
    )
})

function answerOf({ status, headers, text }: Reply) {
  const isJson = headers['content-type']?.startsWith('application/json') ?? false
  const data: unknown = isJson ? (JSON.parse(text) as { data: unknown }).data : undefined
  return { status, text, data, headers: new Headers() }
}

async function worldOf(appliance: Appliance, walk: Walk, directory: string): Promise<WalkWorld> {
  const iso = join(directory, 'walked.iso')
  await makeIso(iso, { 'hello.txt': 'from the medium\n' })
  const second = join(directory, 'second-pool')
  await mkdir(second, { mode: 0o711 })
  const [cell] = await appliance.api<{ name: string }[]>('GET', '/compute_pool_cells/default')
  return {
    walk,
    disk: await readFile(await buildTinyGuest({ serial: 'login' })),
    media: await readFile(iso),
    directory: second,
    cell: cell?.name ?? '',
    untilAgent: async (guest) => void (await life.booted(appliance, guest)),
    layImport: (kind, name, content) => writeFile(join(appliance.dataDir, 'import', kind, name), content),
  }
}
