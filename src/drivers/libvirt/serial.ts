import { AppError } from '../../core/errors.ts'
import type { Terminal } from '../../core/hypervisor.ts'
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
  return withoutBanner(openPty('virsh', ['-c', virsh.uri, 'console', '--force', id], size))
}

/** Ends virsh's greeting; what follows is the guest's. */
const bannerEnd = /Escape character is [^\n]*\n/
/** The greeting is two short lines. Whatever is longer is none. */
const longestBanner = 2_048

/** What is typed before virsh has greeted waits: virsh throws away what comes before it listens. */
export function withoutBanner(terminal: Terminal): Terminal {
  let held: string | undefined = ''
  const typed: (string | Uint8Array)[] = []
  const filter = (data: string): string => {
    if (held === undefined) return data
    held += data
    const match = bannerEnd.exec(held)
    if (!match && held.length < longestBanner) return ''
    const rest = match ? held.slice(match.index + match[0].length) : held
    held = undefined
    for (const early of typed.splice(0)) terminal.write(early)
    return rest
  }
  return {
    ...terminal,
    write: (data) => {
      if (held === undefined) terminal.write(data)
      else typed.push(data)
    },
    onData: (listener) =>
      terminal.onData((data) => {
        const own = filter(data)
        if (own !== '') listener(own)
      }),
  }
}
