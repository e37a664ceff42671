import { setTimeout as delay } from 'node:timers/promises'
import { makeBridge, unmakeBridge } from '../drivers/iproute/lan-bridge.ts'
import { type BridgeState, isConfirmed, readBridgeState, writeBridgeState } from './host-bridge-state.ts'

const lookMs = 200
const undoAttempts = 5

/**
 * The process that makes the bridge, detached from the terminal: the connection over which it was asked for may be the one
 * that breaks. What nobody confirms in time it takes back.
 */
export async function watchHostBridge(dataDir: string): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'] as const)
    process.on(signal, () => undefined)
  const asked = await readBridgeState(dataDir)
  if (asked?.phase !== 'making') return
  const state: BridgeState = { ...asked, pid: process.pid }
  const move = { bridge: state.bridge, port: state.port, state: state.before }
  const write = (values: Partial<BridgeState>) => writeBridgeState(dataDir, Object.assign(state, values))
  try {
    await write({})
    await makeBridge(move)
    await write({ phase: 'waiting' })
    if (await confirmed(dataDir, state.seconds * 1000)) return await write({ phase: 'confirmed' })
    await undo(move)
    await write({ phase: 'rolled back' })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const undone = await undo(move).then(
      () => message,
      (failure: Error) => `${message}; and it could not be taken back: ${failure.message}`,
    )
    await write({ phase: 'failed', error: undone })
  }
}

async function confirmed(dataDir: string, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    if (await isConfirmed(dataDir)) return true
    await delay(lookMs)
  }
  return isConfirmed(dataDir)
}

/** Somebody else may be at the same interfaces for a moment, e.g. a DHCP client. */
async function undo(move: Parameters<typeof unmakeBridge>[0]): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await unmakeBridge(move)
    } catch (error) {
      if (attempt === undoAttempts) throw error
      await delay(1_000)
    }
}
