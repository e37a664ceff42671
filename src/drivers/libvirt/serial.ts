import { readlink } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import type { Terminal } from '../../core/hypervisor.ts'
import { run } from '../exec.ts'
import { openPty } from '../pty.ts'
import { domainState, isActive } from './domains.ts'
import { assertUuid } from './session.ts'
import type { Virsh } from './virsh.ts'

/** A session on the guest's serial port; another one is hung up, as `--force` says. */
export async function openSerial(
  virsh: Virsh,
  id: string,
  size: { columns: number; rows: number },
): Promise<Terminal> {
  const state = await domainState(virsh, assertUuid(id))
  if (state === 'absent') throw new AppError('not_found', `there is no domain '${id}'`)
  if (!isActive(state)) throw new AppError('conflict', 'the guest is not running')
  const terminal = openPty('virsh', ['-c', virsh.uri, 'console', '--force', id], size)
  return withoutBanner(terminal, () => untilRaw(terminal.pid))
}

const rawLooks = 100
const rawLookMs = 20

/**
 * Resolves once the program has made its terminal raw, after at most two seconds: virsh does so after its greeting, and what
 * lies on the terminal then is thrown away.
 */
export async function untilRaw(pid: number): Promise<void> {
  for (let look = 0; look < rawLooks; look++) {
    const modes = await readlink(`/proc/${pid}/fd/0`)
      .then((path) => run('stty', ['-a', '-F', path]))
      .catch(() => undefined)
    if (modes?.stdout.includes('-icanon')) return
    await delay(rawLookMs)
  }
}

/** Ends virsh's greeting; what follows is the guest's. */
const bannerEnd = /Escape character is [^\n]*\n/
/** The greeting is two short lines. Whatever is longer is none. */
const longestBanner = 2_048

/** What is typed before virsh has greeted and is `ready` waits: it throws away what comes before it listens. */
export function withoutBanner(terminal: Terminal, ready: () => Promise<void>): Terminal {
  let held: string | undefined = ''
  let isListening = false
  const typed: (string | Uint8Array)[] = []
  const filter = (data: string): string => {
    if (held === undefined) return data
    held += data
    const match = bannerEnd.exec(held)
    if (!match && held.length < longestBanner) return ''
    const rest = match ? held.slice(match.index + match[0].length) : held
    held = undefined
    void ready().finally(() => {
      isListening = true
      for (const early of typed.splice(0)) terminal.write(early)
    })
    return rest
  }
  return {
    ...terminal,
    write: (data) => {
      if (isListening) terminal.write(data)
      else typed.push(data)
    },
    onData: (listener) =>
      terminal.onData((data) => {
        const own = filter(data)
        if (own !== '') listener(own)
      }),
  }
}
