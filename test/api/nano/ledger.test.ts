// The storage ledger: what lies on a pool, whose it is and since when; on a pool of files and on one of native snapshots.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { everything, makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

interface Entry {
  name: string
  status: string
  since: string
  owner_kind: string
  owner: string
  owner_name: string
  size: number
}

const path = '/api/v1/storage_pools/local/volumes'

for (const native of [false, true])
  describe(`the ledger of a pool of ${native ? 'native snapshots' : 'files'}`, () => {
    let world: TestAppliance
    const format = native ? 'raw' : 'qcow2'
    beforeEach(async () => {
      world = await openTestAppliance()
      if (native) world.volumes.keepSnapshotsInside()
    })
    afterEach(() => world.close())

    const list = async (status = '') =>
      (await world.call('GET', `${path}/${status && `?status=${status}`}`)).data as Entry[]
    const act = (name: string, action: string, call = world.call) => call('POST', `${path}/${name}/${action}`)
    const done = async (name: string, action: string) => {
      const answer = await act(name, action)
      assert.equal(answer.status, 200, answer.text)
    }
    const refused = async (name: string, action: string, status: number, pattern: RegExp) => {
      const before = await everything(world)
      const answer = await act(name, action)
      assert.equal(answer.status, status, answer.text)
      assert.match(answer.text, pattern)
      assert.deepEqual(await everything(world), before)
    }
    const stray = async (name: string) => {
      await world.volumes.create(`${name}.${format}`, { sizeBytes: 1 << 20, format })
      return `${name}.${format}`
    }

    test('tells of each volume its owner, its state and since when', async () => {
      const id = await makeGuest(world)
      const [lost = '', kept = ''] = (await list()).map(({ name }) => name)
      const unowned = await stray('stray')
      const deleted = await stray('deleted')
      await done(deleted, 'quarantine')
      world.volumes.inUse.delete(lost)
      const entries = new Map((await list()).map((entry) => [entry.name, entry]))
      const statuses = [lost, kept, unowned, deleted].map((name) => entries.get(name)?.status)
      assert.deepEqual(statuses, ['missing', 'owned', 'unowned', 'quarantined'])
      for (const { since } of entries.values()) {
        const ageMs = Date.now() - Date.parse(`${since.replace(' ', 'T')}Z`)
        assert.ok(ageMs >= 0 && ageMs < 60_000, since)
      }
      const { owner_kind, owner, owner_name } = entries.get(lost)!
      assert.deepEqual([owner_kind, owner, owner_name], ['guest', id, 'manager.web1'])
      for (const status of ['missing', 'owned', 'unowned', 'quarantined'])
        assert.deepEqual((await list(status)).length, 1)
      assert.equal((await world.call('GET', `${path}/?status=lost`)).status, 400)
      const pass = await world.call('POST', '/api/v1/reconcilers/volumes')
      assert.match(pass.text, new RegExp(`'${lost}' of 'manager.web1' is recorded but not there`))
      assert.match(pass.text, new RegExp(`'${unowned}' belongs to nobody: adopt or quarantine it`))
    })

    test('adopts, quarantines, undeletes and purges', async () => {
      const name = await stray('stray')
      await refused(name, 'undelete', 404, /no volume/)
      await refused(name, 'purge', 409, /not in quarantine/)
      await done(name, 'adopt')
      assert.deepEqual(
        (await list()).map(({ status, owner_kind }) => [status, owner_kind]),
        [['owned', 'none']],
      )
      await refused(name, 'adopt', 409, /recorded already/)
      await done(name, 'quarantine')
      assert.equal(world.volumes.inUse.size, 0)
      await refused(name, 'quarantine', 409, /in quarantine already/)
      await done(name, 'undelete')
      assert.deepEqual([...world.volumes.inUse.keys()], [name])
      await done(name, 'quarantine')
      await done(name, 'purge')
      assert.deepEqual(await list(), [])
      assert.equal(world.volumes.quarantined.size, 0)
    })

    test('what others stand on, or somebody owns, is not moved away', async () => {
      const [base, top] = [await stray('base'), `top.${format}`]
      await world.volumes.clone(top, { parent: base, sizeBytes: 1 << 20 })
      await refused(base, 'quarantine', 409, new RegExp(`'top.${format}' stands on`))
      await refused(top, 'adopt', 400, /adopt that first/)
      await done(base, 'adopt')
      await done(top, 'adopt')
      await refused(base, 'quarantine', 409, new RegExp(`'top.${format}' stands on`))
      await makeGuest(world)
      const [disk = ''] = (await list('owned'))
        .filter(({ owner_kind }) => owner_kind === 'guest')
        .map((one) => one.name)
      await refused(disk, 'quarantine', 409, /belongs to guest 'manager.web1'/)
      await refused('nothing.raw', 'adopt', 404, /nothing.raw/)
      await refused('nothing.raw', 'quarantine', 404, /nothing.raw/)
    })

    test('a deleted guest waits as long as the setting says', async () => {
      const id = await makeGuest(world)
      await world.call('DELETE', `/api/v1/guests/${id}`)
      assert.equal((await list('quarantined')).length, 2)
      const pass = () => world.call('POST', '/api/v1/reconcilers/volumes')
      await pass()
      assert.equal((await list('quarantined')).length, 2, 'its time is not up')
      const set = await world.call('PUT', '/api/v1/settings/quarantine.retention_days', { value: 0 })
      assert.equal(set.status, 200, set.text)
      assert.match((await pass()).text, /whose time in quarantine was up/)
      assert.deepEqual(await list(), [])
    })

    test('a dry run changes nothing, and others may not', async () => {
      const name = await stray('stray')
      const before = await everything(world)
      for (const action of ['adopt', 'quarantine']) {
        const answer = await world.call('POST', `${path}/${name}/${action}?dry_run=true`)
        assert.match(answer.text, /"effect"/)
      }
      for (const who of ['alice', 'audrey'])
        for (const action of ['adopt', 'quarantine', 'undelete', 'purge'])
          assert.equal((await act(name, action, world.as(who))).status, 403)
      assert.deepEqual(await everything(world), before)
    })
  })
