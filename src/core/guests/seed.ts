import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { poolOf, prefixOf } from './address.ts'
import { composeSeed } from './cloud-init.ts'
import type { GuestDeps } from './deps.ts'
import type { Guest } from './guest.ts'
import { readVolume } from './record.ts'
import { serialOf } from './spec.ts'

/** Makes the guest's cloud-init seed as the record says now, in place of the one that it has; nothing without one. */
export async function writeSeed(deps: GuestDeps, guest: Guest, taskId: string): Promise<void> {
  if (!guest.seed) return
  const volume = readVolume(deps.zone, guest.seed)
  const path = join(deps.scratchDir, `seed-${taskId}.iso`)
  try {
    await deps.seeds.build(path, await seedOf(deps, guest))
    await deps.store(volume.pool).importFile(volume.name, path)
  } finally {
    await rm(path, { force: true })
  }
}

async function seedOf(deps: GuestDeps, guest: Guest) {
  const { cloudInit, adminSecret } = guest
  if (!cloudInit || !adminSecret) throw new Error(`guest ${guest.id} has a seed but no cloud-init settings`)
  const pool = poolOf(deps.zone, guest)
  return composeSeed({
    id: guest.id,
    name: guest.name,
    cloudInit,
    passwordHash: await deps.seeds.hashPassword(deps.secrets.decrypt(adminSecret, `guest:${guest.id}:admin`)),
    dataSerials: guest.disks.slice(1).map((disk) => serialOf(guest.id, disk.index)),
    ...(pool?.provider === 'cloudinit' && guest.address
      ? {
          network: {
            mac: guest.mac,
            address: guest.address,
            prefix: prefixOf(deps.zone, pool.name, guest.address),
            gateway: pool.gateway,
            dns: pool.dns,
          },
        }
      : {}),
  })
}
