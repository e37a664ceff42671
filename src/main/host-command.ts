import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, type Flags, loadConfig } from '../config.ts'
import { AppError } from '../core/errors.ts'
import { runningGuests, type StoppedGuests, stopThem } from '../core/host/stop-guests.ts'
import { createAppliance } from './appliance.ts'
import { createDrivers } from './drivers.ts'
import { localCall, NotRunning } from './local-call.ts'
import { createLog } from './log.ts'
import { claimDataDir } from './single-instance.ts'

const pollMs = 500

/**
 * Stops the running guests of this host in order and waits for it: through the running appliance, else by itself. The unit
 * nacelle-guests.service runs it when the host goes down.
 */
export async function shutdownGuests(
  flags: Flags & { timeout?: string },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const config = loadConfig(flags, env)
  const timeout = flags.timeout === undefined ? undefined : Number(flags.timeout)
  if (timeout !== undefined && !(Number.isInteger(timeout) && timeout >= 10 && timeout <= 3600))
    throw new AppError('invalid', `timeout '${flags.timeout}': must be whole seconds from 10 to 3600`)
  const { stopped, killed, failed } = await throughAppliance(config.dataDir, timeout).catch((error) => {
    if (error instanceof NotRunning) return byItself(config, timeout)
    throw error
  })
  const lines = [
    ...stopped.map((name) => `stopped ${name}`),
    ...killed.map((name) => `ended ${name}, which did not stop in time`),
    ...failed.map(({ name, message }) => `${name} still runs: ${message}`),
  ]
  const text = lines.length > 0 ? `${lines.join('\n')}\n` : 'No guest runs.\n'
  // What still listens to libvirt would keep the process, and with it the shutdown of the host.
  process.stdout.write(text, () => process.exit(failed.length > 0 ? 1 : 0))
}

interface TaskLine {
  state: string
  result: StoppedGuests | null
  error: { message: string } | null
}

async function throughAppliance(dataDir: string, timeout: number | undefined): Promise<StoppedGuests> {
  const body = timeout === undefined ? {} : { timeout }
  const { task } = (await localCall(dataDir, 'POST', '/host/stop_guests', body)) as { task: string }
  for (;;) {
    const { state, result, error } = (await localCall(dataDir, 'GET', `/tasks/${task}`)) as TaskLine
    if (state === 'done' && result) return result
    if (!['queued', 'running', 'unwinding'].includes(state))
      throw new Error(`task ${task} is ${state}: ${error?.message ?? 'no reason is known'}`)
    await delay(pollMs)
  }
}

/** Where the appliance does not run, e.g. because it could not be started. */
async function byItself(config: Config, timeout: number | undefined): Promise<StoppedGuests> {
  const { dataDir } = config
  if (!existsSync(join(dataDir, 'nacelle.db')))
    throw new AppError('not_found', `there is no appliance in ${dataDir}: name its --data-dir`)
  await claimDataDir(dataDir)
  const log = createLog({ ...config, logLevel: 'warn' })
  const drivers = createDrivers({ uri: config.libvirtUri, dataDir, log })
  const appliance = createAppliance({ dataDir, cellName: config.cellName, drivers, log })
  const { guestDeps, settings, database, identity } = appliance
  const seconds = timeout ?? settings.get('host.shutdown_timeout_s')
  const { signal } = new AbortController()
  try {
    const guests = await runningGuests(guestDeps)
    return await stopThem(guestDeps, {
      guests,
      timeoutMs: seconds * 1000,
      signal,
      log,
      progress: () => undefined,
    })
  } finally {
    identity.close()
    database.close()
  }
}
