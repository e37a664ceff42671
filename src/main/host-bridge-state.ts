import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LinkState } from '../drivers/iproute/lan-bridge.ts'

/**
 * `waiting` is for a confirmation. Only the watch writes it: the process that makes the bridge and, if nobody confirms,
 * takes it back.
 */
export type BridgePhase = 'making' | 'waiting' | 'confirmed' | 'rolled back' | 'failed'

export interface BridgeState {
  bridge: string
  /** The interface of the LAN. */
  port: string
  seconds: number
  phase: BridgePhase
  /** What the interface had before. */
  before: LinkState
  /** Of the watch; 0 before it runs. */
  pid: number
  /** Of the boot: after another one nothing of it is left. */
  bootId: string
  /** Why it failed or could not be taken back. */
  error?: string
}

const pathOf = (dataDir: string) => join(dataDir, 'host-bridge', 'state.json')
const confirmPath = (dataDir: string) => join(dataDir, 'host-bridge', 'confirmed')

export const readBootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()

/** undefined where nothing was made since the host has booted. */
export async function readBridgeState(dataDir: string): Promise<BridgeState | undefined> {
  const text = await readFile(pathOf(dataDir), 'utf8').catch(() => '')
  if (text === '') return undefined
  const state = JSON.parse(text) as BridgeState
  return state.bootId === (await readBootId()) ? state : undefined
}

export async function writeBridgeState(dataDir: string, state: BridgeState): Promise<void> {
  const path = pathOf(dataDir)
  await mkdir(join(dataDir, 'host-bridge'), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.partial`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.partial`, path)
}

/** What a person said; the watch sees it and stands down. */
export const sayConfirmed = (dataDir: string): Promise<void> => writeFile(confirmPath(dataDir), '')
export const forgetConfirmed = (dataDir: string): Promise<void> => rm(confirmPath(dataDir), { force: true })
export const isConfirmed = (dataDir: string): Promise<boolean> =>
  stat(confirmPath(dataDir)).then(
    () => true,
    () => false,
  )

/** Whether the watch still looks after it. */
export async function isWatched({ pid }: BridgeState): Promise<boolean> {
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return words.split('\0').includes('internal-host-bridge')
}
