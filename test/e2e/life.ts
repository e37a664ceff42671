// The whole life of a guest over HTTP, on real libvirt and QEMU: what a stranger would do with the appliance.
import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GuestAgent } from '../lab/agent.ts'
import { waitFor } from '../lab/http.ts'
import { loadedPath, netbootFiles, serveInside } from '../lab/netboot.ts'
import { countChangedPixels, countColours, RfbClient } from '../lab/rfb.ts'
import { SerialConsole } from '../lab/serial.ts'
import { buildTinyGuest, makeIso } from '../lab/tiny-guest.ts'
import type { Appliance } from './harness.ts'

export interface GuestReply {
  id: string
  name: string
  running: boolean
  created: boolean
  state: string
  ethernet_address: string
  media_attached: boolean
  internal: { network_address?: string; allocated_address?: string; display_address: string }
}

const mebibyte = 1 << 20
/** Slow machines under load; a healthy one needs a few seconds. */
export const bootMs = 120_000

export const createBody = (name: string, more: object = {}) => ({
  name,
  owner: 'admin',
  group: 'manager',
  pool: 'default',
  cores: 1,
  memory: 192 * mebibyte,
  disks: [128 * mebibyte, 32 * mebibyte],
  ...more,
})

export async function uploadTiny(appliance: Appliance, name = 'tiny'): Promise<string> {
  const image = await appliance.api<{ id: string }>('POST', '/disk_images/', {
    name,
    owner: 'admin',
    group: 'manager',
  })
  await appliance.upload(`/disk_image_files/${image.id}`, 'image', await buildTinyGuest({ serial: 'login' }))
  const found = await appliance.api<{ created: boolean; virtual_size: number }>(
    'GET',
    `/disk_images/${image.id}`,
  )
  assert.equal(found.created, true)
  assert.equal(found.virtual_size, 64 * mebibyte)
  return image.id
}

export async function createGuest(appliance: Appliance, body: object): Promise<string> {
  const { id } = await appliance.api<{ id: string }>('POST', '/guests/', body)
  await waitFor(
    `guest ${id}`,
    async () => {
      const reply = await appliance.call('GET', `/guests/${id}`)
      if (reply.status === 201) return undefined
      assert.equal(reply.status, 200, reply.text)
      return true
    },
    { timeoutMs: 60_000 },
  )
  return id
}

export const instance = (appliance: Appliance, id: string) =>
  appliance.api<GuestReply>('GET', `/instances/${id}`)

export const untilState = (appliance: Appliance, id: string, state: string) =>
  waitFor(
    `guest in state ${state}`,
    async () => ((await instance(appliance, id)).state === state ? true : undefined),
    {
      timeoutMs: 60_000,
    },
  )

export async function channel(appliance: Appliance, guest: string, protocol: 'vnc' | 'serial') {
  const made = await appliance.api<{ id: string; password: string }>('POST', '/monitor_channels/', {
    guest,
    protocol,
  })
  return appliance.webSocket(`/monitor_channels/${made.id}`)
}

/** A guest that has booted: its agent answers and its address has been leased as it was allocated. */
export async function booted(appliance: Appliance, id: string): Promise<GuestAgent> {
  const agent = new GuestAgent(appliance.lab, id)
  await agent.waitUntilReady(bootMs)
  const allocated = (await instance(appliance, id)).internal.allocated_address?.split('/')[0]
  assert.match(allocated ?? '', /^10\.|^172\.|^192\.168\./)
  await waitFor(
    'address',
    async () => {
      const { network_address } = (await instance(appliance, id)).internal
      return network_address === allocated ? true : undefined
    },
    { timeoutMs: 60_000 },
  )
  return agent
}

export async function serialShows(appliance: Appliance, id: string): Promise<void> {
  const serial = new SerialConsole(await channel(appliance, id, 'serial'))
  serial.send('\r')
  await serial.expect(/login: /, bootMs)
  serial.close()
}

export async function screenAnswers(appliance: Appliance, id: string): Promise<void> {
  const rfb = await RfbClient.connect(await channel(appliance, id, 'vnc'))
  const before = await rfb.pictureWhere((picture) => countColours(picture) > 1, 60_000)
  assert.ok(before.width >= 640 && before.height >= 350, `${before.width}×${before.height}`)
  await rfb.type('echo typed\n')
  await rfb.pictureWhere((picture) => countChangedPixels(before, picture) > 50, 60_000)
  rfb.close()
}

/** The new password works where a person would use it. */
export async function passwordChanges(appliance: Appliance, id: string): Promise<void> {
  const set = await appliance.api<{ user: string; password: string }>('PUT', `/guests/${id}/auth`, {
    user: 'root',
    password: 'asdb12356',
  })
  assert.deepEqual(set, { user: 'root', password: 'asdb12356' })
  assert.deepEqual(await appliance.api('GET', `/guests/${id}/auth`), set)
  const serial = new SerialConsole(await channel(appliance, id, 'serial'))
  assert.equal(await serial.login('root', 'wrong-password'), false)
  assert.equal(await serial.login('root', set.password), true)
  serial.close()
}

/** Content written before a snapshot is back after a restore, and what came later is gone. */
export async function snapshotBringsBack(appliance: Appliance, id: string, memory: boolean): Promise<void> {
  const agent = new GuestAgent(appliance.lab, id)
  const name = memory ? 'with-memory' : 'disks-only'
  await agent.sh('echo old >/data/note; sync')
  await appliance.api(
    'POST',
    `/instances/${id}/snapshots/`,
    memory ? { name, memory } : { name, memory, consistency: 'filesystem' },
  )
  await agent.sh('echo new >/data/note; echo more >/data/later; sync')
  await appliance.api('PUT', `/instances/${id}/snapshots/`, { target: name, start: !memory })
  await agent.waitUntilReady(bootMs)
  assert.equal((await agent.sh('cat /data/note')).trim(), 'old')
  assert.equal((await agent.sh('ls /data')).includes('later'), false)
}

export const takeSnapshot = (appliance: Appliance, id: string, request: object) =>
  appliance.call('POST', `/instances/${id}/snapshots/`, request)

export async function snapshotNames(appliance: Appliance, id: string): Promise<string[]> {
  return Object.keys(await appliance.api<object>('GET', `/instances/${id}/snapshots/`)).sort()
}

/** Back to a snapshot without memory; with `start` the guest has booted when this is done. */
export async function restore(
  appliance: Appliance,
  id: string,
  target: string,
  start: boolean,
): Promise<void> {
  await appliance.api('PUT', `/instances/${id}/snapshots/`, { target, start })
  if (start) await new GuestAgent(appliance.lab, id).waitUntilReady(bootMs)
}

/** The boot scripts that the appliance offers to guests. */
export const bootOffers = (appliance: Appliance) => readdir(join(appliance.dataDir, 'netboot'))

/**
 * Deleting the snapshots of a running guest, and purging what could have been brought back, merges its layers until each
 * disk is one layer again; the guest sees no difference.
 */
export async function snapshotsMerge(appliance: Appliance, id: string): Promise<void> {
  const agent = new GuestAgent(appliance.lab, id)
  const tree = await appliance.api<Record<string, unknown>>('GET', `/instances/${id}/snapshots/`)
  assert.deepEqual(Object.keys(tree).sort(), ['disks-only', 'with-memory'])
  const before = await agent.sh('cat /data/note; find /data -type f | sort')
  await appliance.api('DELETE', `/instances/${id}/snapshots/disks-only`)
  await appliance.api('DELETE', `/instances/${id}/snapshots/with-memory`)
  assert.deepEqual(await appliance.api('GET', `/instances/${id}/snapshots/`), {})
  await waitFor(
    'single layers',
    async () => {
      const left = await purgeQuarantine(appliance)
      // The image, and for the guest's two disks one volume each.
      return left.length === 3 ? true : undefined
    },
    { timeoutMs: 120_000, everyMs: 1000 },
  )
  assert.equal(await agent.sh('cat /data/note; find /data -type f | sort'), before)
}

export async function mediaIsSeen(appliance: Appliance, id: string): Promise<void> {
  const path = join(appliance.lab.tempDir, 'media.iso')
  await makeIso(path, { 'hello.txt': 'from the medium\n' })
  const media = await appliance.api<{ id: string }>('POST', '/media_images/', {
    name: 'hello',
    owner: 'admin',
    group: 'manager',
  })
  await appliance.upload(`/media_images/${media.id}/file/`, 'image', path)
  await rm(path)
  await appliance.api('POST', `/instances/${id}/media`, { source: media.id, type: 0 })
  assert.equal((await instance(appliance, id)).media_attached, true)
  const agent = new GuestAgent(appliance.lab, id)
  const text = await waitFor('medium', async () => {
    return agent.sh('mount -t iso9660 /dev/sr0 /media && cat /media/hello.txt && umount /media')
  })
  assert.equal(text, 'from the medium\n')
  await appliance.api('DELETE', `/instances/${id}/media`)
  assert.equal((await instance(appliance, id)).media_attached, false)
  await appliance.api('DELETE', `/media_images/${media.id}`)
}

/** iPXE inside the guest loads the script that the URI names, which asks for one more file. */
export async function networkBoots(appliance: Appliance, id: string): Promise<void> {
  const pools = await appliance.api<{ gateway: string }[]>('GET', '/address_pools/')
  const web = await serveInside(appliance.lab, pools[0]?.gateway ?? '', netbootFiles)
  await appliance.api('POST', `/instances/${id}`, { from_network: true, source: `${web.url}/boot.ipxe` })
  await web.waitForRequest(loadedPath((await instance(appliance, id)).ethernet_address), bootMs)
  await web.stop()
  await appliance.api('DELETE', `/instances/${id}`, { force: true })
}

/** The ledger's entries of a pool, by state. */
export async function ledger(appliance: Appliance) {
  const pools = await appliance.api<{ name: string }[]>('GET', '/storage_pools/')
  const lines = await Promise.all(
    pools.map((pool) =>
      appliance.api<{ name: string; status: string }[]>('GET', `/storage_pools/${pool.name}/volumes/`),
    ),
  )
  return lines.flat()
}

/** Empties the quarantine; what others stand on goes after them. Answers what is left on the pools. */
export async function purgeQuarantine(appliance: Appliance) {
  for (;;) {
    let purged = 0
    for (const entry of await ledger(appliance))
      if (entry.status === 'quarantined') {
        const reply = await appliance.call('POST', `/storage_pools/local/volumes/${entry.name}/purge`)
        if (reply.status === 200) purged++
        else assert.equal(reply.status, 409, reply.text)
      }
    if (purged === 0) return ledger(appliance)
  }
}

export async function deleteGuest(appliance: Appliance, id: string): Promise<void> {
  await appliance.api('DELETE', `/guests/${id}`, { force: true })
  assert.equal((await appliance.call('GET', `/guests/${id}`)).status, 404)
}
