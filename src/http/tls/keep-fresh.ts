import type { Log } from '../../core/context.ts'
import type { CertificateSource } from './certificate-source.ts'

const everyMs = 10 * 60_000

/** Looks at the certificate from time to time until the signal aborts; the one in use stays when that fails. */
export function keepFresh(source: CertificateSource, log: Log, signal: AbortSignal): void {
  const look = () =>
    source.refresh().catch((error: unknown) => {
      log.error({ err: error }, 'the TLS certificate could not be renewed; the one in use stays')
    })
  const timer = setInterval(look, everyMs)
  timer.unref()
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
}
