// The stage itself: what is on it, and that it sees what a browser complains of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectAccessible } from './axe.ts'
import { eventually } from './by-role.ts'
import { setStage } from './stage.ts'

const stage = setStage({ stuckTask: true, fullPool: true, strayVolumes: true, upload: true })

test('guests are in several states, and what was asked for is there', async () => {
  const { call, guests, stuckTask, upload } = stage()
  const found = await call('POST', '/search/guests/', { limit: 50 })
  const { result } = found.data as { result: { name: string; state: string }[] }
  assert.equal(result.length, 13)
  assert.deepEqual([...new Set(result.map(({ state }) => state))].sort(), [
    ...['crashed', 'paused', 'running', 'stopped'],
  ])
  const task = await call('GET', `/tasks/${stuckTask}`)
  assert.equal((task.data as { state: string }).state, 'stuck')
  const sent = await call('GET', `/uploads/${upload}`)
  assert.equal((sent.data as { finished: boolean }).finished, false)
  const tree = await call('GET', `/instances/${guests['db-primary']}/snapshots`)
  assert.deepEqual(Object.keys(tree.data as object).sort(), [
    ...['before-upgrade', 'experiment', 'tuned', 'upgraded'],
  ])
  const volumes = await call('GET', '/storage_pools/local/volumes')
  const statuses = (volumes.data as { status: string }[]).map(({ status }) => status)
  for (const status of ['owned', 'unowned', 'quarantined', 'partial'])
    assert.ok(statuses.includes(status), `no volume is ${status}`)
})

test('what the host needs is what the doctor of the stage says, not this machine', async () => {
  const { call } = stage()
  const needs = (await call('GET', '/attention')).data as { kind: string; subject: string }[]
  const ofHost = needs.filter(({ kind }) => kind === 'host').map(({ subject }) => subject)
  assert.deepEqual(ofHost, ['kvm'])
})

test('a browser with the cookie of a person gets the pages', async (t) => {
  const { page, context } = await stage().visit(t)
  await page.locator('#root > *').first().waitFor()
  const session = await context.request.get('/api/v1/sessions/self')
  assert.equal(((await session.json()) as { data: { user: string } }).data.user, 'admin')
})

test('complaints of the browser are seen', async (t) => {
  const { page, problems } = await stage().visit(t)
  problems.expect(/./)
  await page.evaluate(`console.error('on purpose'); setTimeout(() => { throw new Error('thrown') })`)
  await page.evaluate(`fetch('/api/v1/guests/none').then(() => undefined)`)
  await page.evaluate(
    `{ const s = document.createElement('script'); s.textContent = '1'; document.head.append(s) }`,
  )
  await eventually(() => {
    for (const pattern of [/on purpose/, /Error: thrown/, /404 GET/, /Content-Security-Policy: script-src/])
      assert.ok(
        problems.seen.some((text) => pattern.test(text)),
        `${pattern} in ${problems.seen.join('\n')}`,
      )
  })
})

test('an inaccessible page is refused with its element', async (t) => {
  const { page } = await stage().visit(t)
  await page.evaluate(`document.body.innerHTML = '<main><h1>A page</h1><button id="mute"></button></main>'`)
  await assert.rejects(expectAccessible(page), /button-name[\s\S]*#mute/)
})
