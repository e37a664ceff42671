// The only importer of node-pty: a program on a terminal of its own.
import { spawn } from '@lydell/node-pty'
import type { Terminal } from '../core/hypervisor.ts'
import { childEnvironment, wrap } from './command.ts'

/** Runs a program on a pseudo-terminal; it dies with the appliance, and is hung up by `close`. */
export function openPty(
  command: string,
  args: readonly string[],
  size: { columns: number; rows: number },
): Terminal & { pid: number } {
  const [file, words] = wrap(command, args, {})
  const pty = spawn(file, words, {
    name: 'xterm-256color',
    cols: size.columns,
    rows: size.rows,
    env: childEnvironment({ TERM: 'xterm-256color' }),
  })
  // The type says text only, but bytes pass through unchanged, also half a character.
  const input = pty as { write(data: string | Uint8Array): void }
  let ended = false
  const exitListeners: (() => void)[] = []
  pty.onExit(() => {
    ended = true
    for (const listener of exitListeners) listener()
  })
  /** A program that has just ended may still be written to by a slow client. */
  const ifAlive = (act: () => void) => {
    if (!ended) act()
  }
  return {
    pid: pty.pid,
    write: (data) => ifAlive(() => input.write(data)),
    resize: (columns, rows) => ifAlive(() => pty.resize(columns, rows)),
    onData: (listener) => {
      pty.onData(listener)
    },
    onExit: (listener) => {
      if (ended) queueMicrotask(listener)
      else exitListeners.push(listener)
    },
    pause: () => ifAlive(() => pty.pause()),
    resume: () => ifAlive(() => pty.resume()),
    close: () => ifAlive(() => pty.kill('SIGHUP')),
  }
}
