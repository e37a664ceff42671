// Whether a storage server can be reached at all: the first two things that a probe of a pool looks at.
import { connect, isIP } from 'node:net'
import { AppError } from '../core/errors.ts'
import { CommandError, run } from './exec.ts'

const resolveMs = 10_000
const connectMs = 5_000

/** An address for a name, by a process: the C library's resolver would hold one of our threads while it waits. */
export async function resolveName(name: string): Promise<string> {
  if (isIP(name)) return name
  try {
    const { stdout } = await run('getent', ['ahosts', name], { timeoutMs: resolveMs })
    const address = stdout.split(/\s/)[0]
    if (address) return address
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const why = error.timedOut ? `no name server answered within ${resolveMs / 1000} s` : 'nobody knows it'
    throw unreachable(`the name '${name}' cannot be resolved: ${why}; give an address, or mend DNS`, error)
  }
  throw unreachable(`the name '${name}' cannot be resolved: it has no address`)
}

/** Throws `unavailable` with what the network says, unless something takes connections there. */
export async function requirePort(host: { name: string; port: number }, service: string): Promise<void> {
  const address = await resolveName(host.name)
  const told = await connectionFailure(address, host.port)
  if (told) throw unreachable(`nothing answers at ${host.name} port ${host.port} (${service}): ${told}`)
}

function connectionFailure(address: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: connectMs })
    const end = (told: string | null) => {
      socket.destroy()
      resolve(told)
    }
    socket.once('connect', () => end(null))
    socket.once('timeout', () => end(`no answer within ${connectMs / 1000} s; is a firewall in between?`))
    socket.once('error', (error: NodeJS.ErrnoException) => end(inWords(error)))
  })
}

const words: Record<string, string> = {
  ECONNREFUSED: 'connection refused; does the service run?',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
}

const inWords = (error: NodeJS.ErrnoException): string => words[error.code ?? ''] ?? error.message

const unreachable = (message: string, cause?: unknown) =>
  new AppError('unavailable', message, { field: 'host', cause })
