import { readFile } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { CertificatePair, CertificateSource } from './certificate-source.ts'
import { pairMatches } from './own-certificate.ts'

/** The operator's certificate. Throws, naming the file, when it cannot be read or does not match its key. */
export async function givenCertificate(certPath: string, keyPath: string): Promise<CertificateSource> {
  let pair = await load(certPath, keyPath)
  const listeners: ((pair: CertificatePair) => void)[] = []
  return {
    given: true,
    current: () => pair,
    onChange: (listener) => void listeners.push(listener),
    async refresh() {
      const next = await load(certPath, keyPath)
      if (next.cert === pair.cert && next.key === pair.key) return
      pair = next
      for (const listener of listeners) listener(pair)
    },
  }
}

async function load(certPath: string, keyPath: string): Promise<CertificatePair> {
  const [cert, key] = await Promise.all([read(certPath), read(keyPath)])
  if (!matches(cert, key, certPath))
    throw new AppError('invalid', `the certificate '${certPath}' does not belong to the key '${keyPath}'`)
  return { cert, key }
}

const read = (path: string) =>
  readFile(path, 'utf8').catch((cause: Error) => {
    throw new AppError('invalid', `cannot read '${path}': ${cause.message}`, { cause })
  })

function matches(cert: string, key: string, certPath: string): boolean {
  try {
    return pairMatches(cert, key)
  } catch (cause) {
    throw new AppError('invalid', `'${certPath}' or its key is not a PEM file that can be used`, { cause })
  }
}
