import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureDefaultNetwork } from '../core/address-pools/default-network.ts'
import { ensureDefaultComputePool } from '../core/compute-pools/default-pool.ts'
import { systemContext } from '../core/context.ts'
import { recoverUploads } from '../core/images/receive.ts'
import { ensureDefaultPool } from '../core/storage-pools/storage-pools.ts'
import { ensureFactoryTemplates } from '../core/templates/templates.ts'
import type { Appliance } from './appliance.ts'

export interface BringUp {
  /** Why changes are not accepted yet; undefined when all is up. */
  waitingFor(): string | undefined
  done: Promise<void>
}

/** Between attempts while libvirt does not answer. */
const retryMs = 3_000

/**
 * From an idle appliance to one that accepts changes: the first start's rows, what a crash had cut, the reconcilers. The
 * server answers meanwhile; a host whose libvirt is down is waited for and says so.
 */
export function bringUp(appliance: Appliance, dataDir: string, signal: AbortSignal): BringUp {
  let waiting: string | undefined = 'the appliance is starting'
  const retried = async (phase: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      try {
        return await phase()
      } catch (error) {
        if (signal.aborted) return
        waiting = `the appliance is not up yet: ${error instanceof Error ? error.message : String(error)}`
        appliance.log.error(
          { err: error },
          'the appliance could not be brought up; trying again. See `nacelle doctor`',
        )
        await delay(retryMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  void appliance.stateDisk.run(signal)
  const done = (async () => {
    // One after the other, so that a phase that is tried again does not repeat those before it.
    for (const phase of [prepare, takeUp]) await retried(() => phase(appliance, signal))
    if (signal.aborted) return
    waiting = undefined
    await startWithHost(appliance, dataDir, signal).catch((error: unknown) =>
      appliance.log.error({ err: error }, 'guests could not be started with the host'),
    )
  })()
  return { waitingFor: () => waiting, done }
}

async function prepare(appliance: Appliance): Promise<void> {
  const { drivers, zone, live, dirs } = appliance
  appliance.facts.set(await drivers.hypervisor.facts())
  await ensureDefaultPool(zone, dirs.pool, appliance.now())
  await probePools(appliance)
  await ensureFactoryTemplates(zone, appliance.now())
  await ensureDefaultNetwork({ zone, network: drivers.network })
  const [address = '127.0.0.1'] = await drivers.network.addresses()
  const storage = appliance.storagePools.names()[0] ?? 'local'
  await ensureDefaultComputePool({ zone, cellName: appliance.cell, address, storage, network: 'default' })
  await live.refresh()
  await emptyScratch(dirs.scratch)
}

/** Mounts and sessions come back. What only this host has must be there; a lost server stops none but its own guests. */
async function probePools({ storagePools, log }: Appliance): Promise<void> {
  const probe = async (pool: string) => {
    const store = storagePools.store(pool)
    if (!store.capabilities.shared) return store.probe()
    await store
      .probe()
      .catch((error: unknown) =>
        log.warn({ err: error, pool }, 'a storage pool cannot be used; it is tried again'),
      )
  }
  await Promise.all(storagePools.names().map(probe))
}

/** Steps make their files anew; what a task that is then taken back had left would stay for ever, secrets with it. */
async function emptyScratch(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    await rm(join(directory, name), { recursive: true, force: true })
}

async function takeUp(appliance: Appliance, signal: AbortSignal): Promise<void> {
  const { drivers, tasks, log, live } = appliance
  const resumed = await tasks.resume()
  if (resumed > 0) log.info({ tasks: resumed }, 'tasks that were cut are going on')
  await recoverUploads(appliance.imageDeps, systemContext(log, signal))
  appliance.outbox.nudge()
  appliance.reconcilers.start()
  await appliance.figures.start()
  drivers.hypervisor.watch(
    ({ id }) => {
      // Without an id it is the connection that came back: anything may have happened meanwhile.
      const look = id === '' ? appliance.reconcilers.nudge('domains') : live.look(id)
      look.catch(() => undefined)
    },
    signal,
    log,
  )
}

async function startWithHost(appliance: Appliance, dataDir: string, signal: AbortSignal): Promise<void> {
  const { log, host } = appliance
  const file = join(dataDir, 'boot-id')
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const last = await readFile(file, 'utf8').catch(() => '')
  if (last === bootId) return
  // The very first start is none of the host's; a restart of the appliance alone starts no guest.
  if (last !== '' && (await host.startGuests(systemContext(log, signal), bootId)))
    log.info({}, 'the host has booted: its guests are started')
  await writeFile(file, bootId, { mode: 0o600 })
}
