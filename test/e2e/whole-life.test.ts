import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitFor } from '../lab/http.ts'
import { isLongSuite } from '../support/long-suite.ts'
import { type Appliance, startBoth } from './harness.ts'
import { diffFingerprint, hostFingerprint } from './harness-fingerprint.ts'
import * as life from './life.ts'

const look = (appliance: Appliance) =>
  hostFingerprint({ lab: appliance.lab, dataDir: appliance.dataDir, appliancePid: appliance.pid })

/** Debian's own configuration is what operators have; the lab's faster one comes with the long suite. */
const variants = isLongSuite ? [true, false] : [true]

for (const stock of variants)
  describe(`a guest's whole life, ${stock ? "Debian's stock qemu.conf" : 'QEMU as root'}`, () => {
    test('from upload to purge', { timeout: 900_000 }, async (t) => {
      const { appliance, stop } = await startBoth({ stock })
      t.after(stop)
      const before = await look(appliance)
      const image = await life.uploadTiny(appliance)
      const id = await life.createGuest(appliance, life.createBody('web1', { from_image: image }))

      await t.test('it starts and boots: serial output, address, agent', async () => {
        await appliance.api('POST', `/instances/${id}`, {})
        await life.serialShows(appliance, id)
        await life.booted(appliance, id)
      })
      await t.test('its screen shows and a key arrives', () => life.screenAnswers(appliance, id))
      await t.test('its password is changed through the agent', () => life.passwordChanges(appliance, id))
      await t.test('a running snapshot of the disks brings back the old content', () =>
        life.snapshotBringsBack(appliance, id, false),
      )
      await t.test('a running snapshot with memory brings back the running guest', () =>
        life.snapshotBringsBack(appliance, id, true),
      )
      await t.test('snapshots are deleted under the running guest', () => life.snapshotsMerge(appliance, id))
      await t.test('an inserted medium is seen', () => life.mediaIsSeen(appliance, id))
      await t.test('it reboots', async () => {
        await appliance.api('DELETE', `/instances/${id}`, { reboot: true, force: false })
        await life.serialShows(appliance, id)
      })
      await t.test('it is shut down in order', async () => {
        await life.booted(appliance, id)
        await appliance.api('DELETE', `/instances/${id}`, { reboot: false, force: false })
        await life.untilState(appliance, id, 'stopped')
      })
      await t.test('it boots from the network', () => life.networkBoots(appliance, id))

      const built = await appliance.api<{ id: string }>('POST', '/disk_images/', {
        name: 'from-web1',
        guest: id,
        owner: 'admin',
        group: 'manager',
      })
      await t.test('an image is built from it, and a second guest from that', async () => {
        await waitFor(
          'image',
          async () => {
            const found = await appliance.api<{ created: boolean }>('GET', `/disk_images/${built.id}`)
            return found.created ? true : undefined
          },
          { timeoutMs: 120_000 },
        )
        const second = await life.createGuest(
          appliance,
          life.createBody('web2', { from_image: built.id, auto_start: true }),
        )
        const agent = await life.booted(appliance, second)
        assert.equal((await agent.sh('cat /data/note')).trim(), 'old')
        await life.deleteGuest(appliance, second)
      })

      await life.deleteGuest(appliance, id)
      await appliance.api('DELETE', `/disk_images/${built.id}`)
      await appliance.api('DELETE', `/disk_images/${image}`)
      await t.test('only quarantined volumes are left, and after a purge nothing', async () => {
        const { files, ...rest } = diffFingerprint(before, await look(appliance))
        assert.deepEqual(rest, {})
        assert.ok(
          files?.added.every((file) => file.includes('quarantine')),
          JSON.stringify(files),
        )
        assert.deepEqual(await life.purgeQuarantine(appliance), [])
        assert.deepEqual(diffFingerprint(before, await look(appliance)), {})
      })
    })
  })
