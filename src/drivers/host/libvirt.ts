import { connect } from 'node:net'
import type { DaemonFacts, LibvirtFacts } from '../../core/doctor/libvirt.ts'
import { CommandError, run } from '../exec.ts'
import { findProgram } from './tools.ts'

export async function libvirtFacts(uri: string, signal: AbortSignal): Promise<LibvirtFacts> {
  const installed = await isInstalled('libvirtd')
  try {
    const words = ['-q', '-c', uri, 'version', '--daemon']
    const { stdout } = await run('virsh', words, { signal, timeoutMs: 15_000 })
    return { uri, version: parseDaemonVersion(stdout), reason: 'it told no version', installed }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const lines = error.stderr.split('\n').map((line) => line.replace(/^error: /, '').trim())
    const reason = lines.find((line) => line !== '' && !line.startsWith('failed to connect to the hyp'))
    return {
      uri,
      version: '',
      reason: error.timedOut ? 'no answer in time' : (reason ?? error.message),
      installed,
    }
  }
}

const isInstalled = async (daemon: string) => (await findProgram(daemon)) !== ''

/** A driver without a daemon (`test:///default`) tells only its library. */
export const parseDaemonVersion = (out: string): string =>
  /^Running against daemon: (\S+)/m.exec(out)?.[1] ?? /^Using library: libvirt (\S+)/m.exec(out)?.[1] ?? ''

export async function daemonFacts(name: DaemonFacts['name'], uri: string): Promise<DaemonFacts> {
  const code = await connectCode(`/run/libvirt/${name}-sock`)
  const socket =
    code === '' ? 'answers' : code === 'EACCES' ? 'denied' : code === 'ENOENT' ? 'absent' : 'refuses'
  return { name, socket, usual: uri === 'qemu:///system', installed: await isInstalled(name) }
}

/** Empty when somebody answered at the socket, else the error's code. */
function connectCode(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
  })
}
