import { rm, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Flags, loadConfig } from '../config.ts'
import { AppError, invalid } from '../core/errors.ts'
import { spawnDetached } from '../drivers/exec.ts'
import { readKind, readLink, unmakeBridge } from '../drivers/iproute/lan-bridge.ts'
import { bridgeFiles, writeConfigFiles } from './host-bridge-files.ts'
import {
  type BridgeState,
  forgetConfirmed,
  isWatched,
  readBootId,
  readBridgeState,
  sayConfirmed,
  writeBridgeState,
} from './host-bridge-state.ts'
import { hostBridgeCommand } from './worker-command.ts'

type Env = NodeJS.ProcessEnv

export interface BridgeFlags extends Flags {
  interface: string
  name: string
  seconds: string
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/
const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** Makes the bridge and waits until it stands; what takes it back unless it is confirmed runs on without us. */
export async function createHostBridge(flags: BridgeFlags, env: Env): Promise<void> {
  requireRoot()
  const { dataDir } = loadConfig(flags, env)
  const { interface: port, name: bridge } = flags
  const seconds = Number(flags.seconds)
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > 3600)
    throw invalid('seconds', `seconds '${flags.seconds}': must be whole seconds from 5 to 3600`)
  await checkInterfaces(port, bridge)
  const pending = await readBridgeState(dataDir)
  if (pending && isOpen(pending) && (await isWatched(pending)))
    throw new AppError('conflict', `bridge ${pending.bridge} waits for its confirmation: end that first`)
  const before = await readLink(port)
  if (before.addresses.length === 0)
    throw new AppError('conflict', `${port} has no address: it is not the interface of this host's LAN`)
  const bootId = await readBootId()
  await forgetConfirmed(dataDir)
  await writeBridgeState(dataDir, { bridge, port, seconds, phase: 'making', before, pid: 0, bootId })
  const [command = '', ...words] = hostBridgeCommand
  await spawnDetached(command, [...words, dataDir])
  const state = await ended(dataDir, 'making')
  if (state.phase === 'failed') throw new AppError('unavailable', `nothing was changed: ${state.error}`)
  print(
    `Bridge ${bridge} stands on ${port} and has ${before.addresses.map(({ address }) => address).join(', ')}.`,
  )
  print(`Within ${seconds} seconds, over a connection made now: nacelle host bridge confirm`)
  print('Else everything goes back as it was, by itself.')
}

function requireRoot(): void {
  if (process.getuid?.() !== 0) throw new Error('only root may do this: run it with sudo')
}

async function checkInterfaces(port: string, bridge: string): Promise<void> {
  for (const [field, name] of [
    ['interface', port],
    ['name', bridge],
  ] as const)
    if (!namePattern.test(name))
      throw invalid(
        field,
        `'${name}' is not the name of an interface (at most 15 letters, digits, '.', '_', '-')`,
      )
  const kind = await readKind(port)
  if (!kind) throw invalid('interface', `there is no interface '${port}': see \`ip link\``)
  if (kind.isLoopback) throw invalid('interface', `'${port}' is the loopback interface, not one of a LAN`)
  if (kind.kind === 'bridge') throw invalid('interface', `'${port}' is a bridge itself: name it as it is`)
  if (kind.master !== null)
    throw new AppError('conflict', `'${port}' is a port of '${kind.master}' already`, { field: 'interface' })
  if (await isWireless(port))
    throw new AppError('unsupported', `'${port}' is wireless, and an access point takes one MAC only`, {
      field: 'interface',
    })
  if (await readKind(bridge))
    throw new AppError('conflict', `there is an interface '${bridge}' already`, { field: 'name' })
}

const isWireless = (port: string): Promise<boolean> =>
  stat(`/sys/class/net/${port}/wireless`).then(
    () => true,
    () => false,
  )

const isOpen = ({ phase }: BridgeState): boolean => phase === 'making' || phase === 'waiting'

const lookMs = 100
const patienceMs = 60_000

/** The state once it is no longer in the phase. */
async function ended(dataDir: string, phase: BridgeState['phase']): Promise<BridgeState> {
  const end = performance.now() + patienceMs
  for (;;) {
    const state = await readBridgeState(dataDir)
    if (state && state.phase !== phase) return state
    if (performance.now() > end)
      throw new AppError('unavailable', `the watch of the bridge does not answer: see ${dataDir}/host-bridge`)
    await delay(lookMs)
  }
}

/** Keeps the bridge, and writes what makes it again after a reboot. */
export async function confirmHostBridge(flags: Flags, env: Env): Promise<void> {
  requireRoot()
  const { dataDir } = loadConfig(flags, env)
  const state = await readWaiting(dataDir)
  if (await isWatched(state)) {
    await sayConfirmed(dataDir)
    const { phase } = await ended(dataDir, 'waiting')
    if (phase !== 'confirmed')
      throw new AppError('conflict', `too late: the bridge ${state.bridge} was ${phase} just now`)
  } else await writeBridgeState(dataDir, { ...state, phase: 'confirmed' })
  print(`Bridge ${state.bridge} stays.`)
  const found = await bridgeFiles(state)
  if ('advice' in found) print(`It is not made again after a reboot yet: ${found.advice}`)
  else {
    await writeConfigFiles(found.files)
    print(`For the next boot (${found.tool}): wrote ${found.files.map(({ path }) => path).join(', ')}`)
  }
  print(
    `To put guests on it: PUT /api/v1/compute_pool_cells/<pool>/<cell> {"bridge": "${state.bridge}"}, then give a compute ` +
      "pool the network mode 'plain'.",
  )
}

/** At once, instead of when the time is up. */
export async function rollBackHostBridge(flags: Flags, env: Env): Promise<void> {
  requireRoot()
  const { dataDir } = loadConfig(flags, env)
  const state = await readWaiting(dataDir)
  // The watch would otherwise do the same a second time.
  if (await isWatched(state)) process.kill(state.pid, 'SIGKILL')
  await unmakeBridge({ bridge: state.bridge, port: state.port, state: state.before })
  await writeBridgeState(dataDir, { ...state, phase: 'rolled back' })
  await rm(`${dataDir}/host-bridge/confirmed`, { force: true })
  print(`Bridge ${state.bridge} is gone, and ${state.port} is as it was.`)
}

async function readWaiting(dataDir: string): Promise<BridgeState> {
  const state = await readBridgeState(dataDir)
  if (state && isOpen(state)) return state
  throw new AppError(
    'not_found',
    state
      ? `bridge ${state.bridge} waits for nothing: it was ${state.phase}${state.error ? ` (${state.error})` : ''}`
      : 'no bridge was made since this host has booted',
  )
}
