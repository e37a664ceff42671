import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Log } from '../../core/context.ts'
import type { CertificatePair, CertificateSource } from './certificate-source.ts'

export interface OwnCertificateOptions {
  /** The folder of certificates and keys; made if needed. */
  directory: string
  hostname: string
  /** Names and addresses that the certificate must hold now. */
  names(): string[]
  log: Log
}

const dayMs = 24 * 3600_000
const renewServerBeforeMs = 30 * dayMs
// Longer than any server certificate lasts, so that none outlives its authority.
const renewAuthorityBeforeMs = 400 * dayMs

/** Path of the certificate that clients may trust, e.g. for `curl --cacert`. */
export const authorityPath = (directory: string) => join(directory, 'ca.pem')

/**
 * The certificate that the appliance makes by itself: kept in the folder, made again when it nears its end, when the
 * clock leaves its validity, or when the host has a name or address that it lacks.
 */
export async function ownCertificate(options: OwnCertificateOptions): Promise<CertificateSource> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 })
  let pair = await provide(options)
  const listeners: ((pair: CertificatePair) => void)[] = []
  return {
    given: false,
    current: () => pair,
    onChange: (listener) => void listeners.push(listener),
    async refresh() {
      const next = await provide(options)
      if (next.cert === pair.cert) return
      pair = next
      for (const listener of listeners) listener(pair)
    },
  }
}

async function provide(options: OwnCertificateOptions): Promise<CertificatePair> {
  const { directory, log } = options
  const authority = await readPair(directory, 'ca')
  const kept = await readPair(directory, 'server')
  const names = options.names()
  const lasting = authority !== undefined && lasts(authority.cert, renewAuthorityBeforeMs)
  if (lasting && kept !== undefined && fits(kept.cert, names) && issued(kept.cert, authority.cert))
    return kept
  // Loaded only when needed: the library is big, and most starts find a good certificate.
  const { makeAuthority, makeServerCertificate } = await import('./make-certificate.ts')
  const signer = lasting ? authority : await makeAuthority(options.hostname)
  if (!lasting) await writePair(directory, 'ca', signer)
  const made = await makeServerCertificate(signer, names)
  await writePair(directory, 'server', made)
  log.info({ names, newAuthority: !lasting }, 'made a TLS certificate')
  return made
}

const fits = (cert: string, names: readonly string[]) =>
  lasts(cert, renewServerBeforeMs) && names.every((name) => holds(new X509Certificate(cert), name))

function lasts(cert: string, forMs: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(cert)
  return validFromDate.getTime() <= Date.now() && validToDate.getTime() - forMs > Date.now()
}

const holds = (certificate: X509Certificate, name: string) =>
  (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined

const issued = (cert: string, authority: string) =>
  new X509Certificate(cert).verify(new X509Certificate(authority).publicKey)

/** Undefined when a file is missing or no certificate: then both are made anew. */
async function readPair(directory: string, name: string): Promise<CertificatePair | undefined> {
  try {
    const [cert, key] = await Promise.all([
      readFile(join(directory, `${name}.pem`), 'utf8'),
      readFile(join(directory, `${name}-key.pem`), 'utf8'),
    ])
    return pairMatches(cert, key) ? { cert, key } : undefined
  } catch {
    return undefined
  }
}

/** Throws when either is no PEM. */
export function pairMatches(cert: string, key: string): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
}

// The key first: a crash in between leaves a pair that does not match, and that is made anew.
async function writePair(directory: string, name: string, pair: CertificatePair): Promise<void> {
  await writeWhole(join(directory, `${name}-key.pem`), pair.key, 0o600)
  await writeWhole(join(directory, `${name}.pem`), pair.cert, 0o644)
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const partial = `${path}.partial`
  let file: FileHandle | undefined
  try {
    file = await open(partial, 'w', mode)
    await file.chmod(mode)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file?.close()
  }
  await rename(partial, path)
}
