// A guest with UEFI: its variables are a file of their own that goes along with every snapshot, and its firmware boots
// from the network by other means than BIOS.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuestAgent } from '../lab/agent.ts'
import { type Appliance, startBoth } from './harness.ts'
import { diffFingerprint, hostFingerprint } from './harness-fingerprint.ts'
import * as life from './life.ts'

const look = (appliance: Appliance) =>
  hostFingerprint({ lab: appliance.lab, dataDir: appliance.dataDir, appliancePid: appliance.pid })

test("a UEFI guest's life: snapshots with its variables, branches, network boot", {
  timeout: 900_000,
}, async (t) => {
  const { appliance, stop } = await startBoth()
  t.after(stop)
  const before = await look(appliance)
  const image = await life.uploadTiny(appliance)
  const body = life.createBody('uefi1', { from_image: image, firmware: 'uefi' })
  const id = await life.createGuest(appliance, body)
  const agent = new GuestAgent(appliance.lab, id)
  const kinds = async (kind: string) =>
    (await life.ledger(appliance)).filter(({ name, status }) => name.startsWith(kind) && status === 'owned')

  await t.test(
    'before it has booted no file-system-consistent snapshot can be had, and none is left',
    async () => {
      await appliance.api('POST', `/instances/${id}`, {})
      const volumes = await life.ledger(appliance)
      const reply = await life.takeSnapshot(appliance, id, { name: 'early', consistency: 'filesystem' })
      assert.equal(reply.status, 409, reply.text)
      assert.match(reply.text, /guest agent.*crash-consistent/)
      assert.deepEqual(await life.snapshotNames(appliance, id), [])
      assert.deepEqual(await life.ledger(appliance), volumes)
    },
  )

  await t.test('it boots by UEFI', async () => {
    await life.booted(appliance, id)
    assert.equal((await agent.sh('ls -d /sys/firmware/efi')).trim(), '/sys/firmware/efi')
  })

  await t.test('a running snapshot keeps memory and variables, and brings both back', async () => {
    await life.snapshotBringsBack(appliance, id, true)
    assert.equal((await kinds('nvram')).length, 2)
    assert.equal((await kinds('memory')).length, 1)
  })

  await t.test('a stopped guest is snapshotted, and started by the restore', async () => {
    await agent.sh('echo stopped >/data/note; sync')
    await appliance.api('DELETE', `/instances/${id}`, { reboot: false, force: false })
    await life.untilState(appliance, id, 'stopped')
    assert.equal((await life.takeSnapshot(appliance, id, { name: 'off' })).status, 200)
    await life.restore(appliance, id, 'off', true)
    assert.equal((await agent.sh('cat /data/note')).trim(), 'stopped')
  })

  await t.test('from the first snapshot another branch begins, and both ends stay', async () => {
    await appliance.api('PUT', `/instances/${id}/snapshots/`, { target: 'with-memory' })
    await agent.waitUntilReady(life.bootMs)
    await agent.sh('echo branch >/data/note; sync')
    const request = { name: 'branch', consistency: 'filesystem' }
    assert.equal((await life.takeSnapshot(appliance, id, request)).status, 200)
    const tree = await appliance.api<Record<string, { backing?: string; is_current?: boolean }>>(
      'GET',
      `/instances/${id}/snapshots/`,
    )
    assert.equal(tree['off']?.backing, 'with-memory')
    assert.equal(tree['branch']?.backing, 'with-memory')
    assert.equal(tree['branch']?.is_current, true)
  })

  await t.test('the snapshot below both branches goes, and neither loses anything', async () => {
    await appliance.api('DELETE', `/instances/${id}/snapshots/with-memory`)
    assert.deepEqual(await life.snapshotNames(appliance, id), ['branch', 'off'])
    assert.equal((await agent.sh('cat /data/note')).trim(), 'branch')
    await life.restore(appliance, id, 'off', true)
    assert.equal((await agent.sh('cat /data/note')).trim(), 'stopped')
    await appliance.api('DELETE', `/instances/${id}`, { reboot: false, force: true })
  })

  await t.test('it loads what a source names, and nothing is offered to it afterwards', async () => {
    await life.networkBoots(appliance, id)
    assert.deepEqual(await life.bootOffers(appliance), [])
  })

  await life.deleteGuest(appliance, id)
  await appliance.api('DELETE', `/disk_images/${image}`)
  assert.deepEqual(await life.purgeQuarantine(appliance), [])
  assert.deepEqual(diffFingerprint(before, await look(appliance)), {})
})
