import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import type { CertificatePair } from './certificate-source.ts'

const dayMs = 24 * 3600_000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const authorityDays = 3650
// Browsers refuse server certificates that are valid for longer than 397 days.
const serverDays = 390
// A clock that is a little behind ours must not find the certificate of tomorrow.
const backdatedDays = 1

/** A certificate authority of this appliance alone: who trusts it once trusts every renewed server certificate. */
export async function makeAuthority(hostname: string): Promise<CertificatePair> {
  const keys = await generateKeys()
  const suffix = Buffer.from(webcrypto.getRandomValues(new Uint8Array(4))).toString('hex')
  const name: x509.JsonName = [{ CN: [`Nacelle authority of ${hostname} ${suffix}`] }]
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name,
      keys,
      signingAlgorithm: algorithm,
      serialNumber: serialNumber(),
      ...validity(authorityDays),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto as never),
      ],
    },
    webcrypto as never,
  )
  return { cert: certificate.toString('pem'), key: await keyPem(keys.privateKey) }
}

/** A server certificate for these host names and addresses, with the authority's behind it. */
export async function makeServerCertificate(
  authority: CertificatePair,
  names: readonly string[],
): Promise<CertificatePair> {
  const keys = await generateKeys()
  const issuer = new x509.X509Certificate(authority.cert)
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: [commonName(names)] }],
      issuer: issuer.subjectName.toJSON(),
      publicKey: keys.publicKey,
      signingKey: await readKey(authority.key),
      signingAlgorithm: algorithm,
      serialNumber: serialNumber(),
      ...validity(serverDays),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names.map(alternativeName)),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto as never),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto as never),
      ],
    },
    webcrypto as never,
  )
  return { cert: `${certificate.toString('pem')}\n${authority.cert}`, key: await keyPem(keys.privateKey) }
}

const generateKeys = () =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>

// Positive and at most 20 bytes, as X.509 wants.
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

const validity = (days: number) => ({
  notBefore: new Date(Date.now() - backdatedDays * dayMs),
  notAfter: new Date(Date.now() + days * dayMs),
})

// At most 64 characters fit in a common name; clients look at the alternative names only.
const commonName = (names: readonly string[]) =>
  (names.find((name) => isIP(name) === 0 && name !== 'localhost') ?? 'nacelle').slice(0, 64)

const alternativeName = (name: string) => ({
  type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const),
  value: name,
})

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key)
  return x509.PemConverter.encode(bytes, 'PRIVATE KEY')
}

const readKey = (pem: string) =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decode(pem)[0] as ArrayBuffer, algorithm, false, [
    'sign',
  ])
