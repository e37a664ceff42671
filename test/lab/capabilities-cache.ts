import { cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir } from './cache.ts'

// libvirt asks QEMU for its capabilities when it has no valid record of them, which takes more than a second. It
// checks a record itself against the binaries, the kernel and the user, so an old one does no harm.
const recordIn = (lab: string) => join(lab, 'varcache/qemu/capabilities')
const keptFor = (stock: boolean) => join(cacheDir, `libvirt-capabilities-${stock ? 'stock' : 'fast'}`)

/** Gives a lab that has not started yet what an earlier one learned. */
export async function lendCapabilities(lab: string, stock: boolean): Promise<void> {
  await mkdir(join(lab, 'varcache/qemu'), { mode: 0o750 })
  await cp(keptFor(stock), recordIn(lab), { recursive: true, preserveTimestamps: true }).catch(
    () => undefined,
  )
}

/** Keeps what a running lab has learned, unless something is kept that is as new. */
export async function keepCapabilities(lab: string, stock: boolean): Promise<void> {
  const kept = keptFor(stock)
  const learned = await stat(recordIn(lab)).catch(() => undefined)
  const known = await stat(kept).catch(() => undefined)
  if (!learned || (known && known.mtimeMs >= learned.mtimeMs)) return
  const fresh = `${kept}.${process.pid}`
  await mkdir(cacheDir, { recursive: true, mode: 0o755 })
  await cp(recordIn(lab), fresh, { recursive: true, preserveTimestamps: true })
  await rm(kept, { recursive: true, force: true })
  await rename(fresh, kept).catch(() => rm(fresh, { recursive: true, force: true })) // another was faster
}
