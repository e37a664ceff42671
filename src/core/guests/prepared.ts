import { eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Hypervisor } from '../hypervisor.ts'
import { findVolume } from '../ledger/record.ts'
import { findGuest } from './record.ts'
import type { SpecSources } from './spec.ts'

type Sources = Pick<SpecSources, 'zone' | 'store'>

/** A hypervisor that sees to it before each start that the pools' disks can be opened: mounts, logins, secrets. */
export const withPreparedDisks = (hypervisor: Hypervisor, sources: Sources): Hypervisor => ({
  ...hypervisor,
  async start(spec) {
    await prepareDisks(sources, spec.id)
    await hypervisor.start(spec)
  },
  async restore(spec, memoryPath) {
    await prepareDisks(sources, spec.id)
    await hypervisor.restore(spec, memoryPath)
  },
  async changeMedia(id, source) {
    await prepareDisks(sources, id)
    await hypervisor.changeMedia(id, source)
  },
})

/** Everything that the guest's definition opens. */
async function prepareDisks({ zone, store }: Sources, id: string): Promise<void> {
  const guest = findGuest(zone, id)
  if (!guest) return
  const media = guest.media
    ? zone.db.select().from(schema.image).where(eq(schema.image.id, guest.media)).get()?.volume
    : null
  for (const volumeId of [...guest.disks.map((disk) => disk.volume), guest.seed, guest.nvram, media]) {
    const volume = volumeId ? findVolume(zone.db, volumeId) : undefined
    if (volume) await store(volume.pool).prepare?.(volume.name)
  }
}
