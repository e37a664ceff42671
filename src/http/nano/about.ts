import * as v from 'valibot'
import { type Operation, operation } from '../operation.ts'
import { text } from './identity-schemas.ts'

/** What the certificate says that the appliance shows now. */
export interface ShownCertificate {
  subject: string
  issuer: string
  names: string
  /** Colons between the bytes of its SHA-256. */
  fingerprint: string
  /** Milliseconds since 1970. */
  start: number
  end: number
}

interface AboutDeps {
  version: { version: string; commit?: string; node: string }
  /** undefined where the appliance serves plain HTTP. */
  certificate(): ShownCertificate | undefined
}

const iso = (time: number) => new Date(time).toISOString()

export const aboutOperations = ({ version, certificate }: AboutDeps): Operation[] => [
  operation({
    id: 'about.get',
    method: 'GET',
    path: '/about',
    summary: 'Version of the appliance, and the certificate that it shows',
    tag: 'System',
    reply: v.object({
      version: text('Version of Nacelle.'),
      commit: v.pipe(
        v.nullable(v.string()),
        v.description('What it was built from; null where that is not known.'),
      ),
      node: text('Version of Node inside.'),
      certificate: v.pipe(
        v.nullable(
          v.object({
            subject: text('Whom it names.'),
            issuer: text('Who vouches for it.'),
            names: text('Names and addresses that it is good for.'),
            fingerprint: text('SHA-256, to be compared where a browser warns.'),
            not_before: text('UTC.'),
            not_after: text('UTC.'),
          }),
        ),
        v.description('null where the appliance serves plain HTTP.'),
      ),
    }),
    access: 'session',
    handle() {
      const shown = certificate()
      return {
        data: {
          version: version.version,
          commit: version.commit ?? null,
          node: version.node,
          certificate: shown
            ? {
                ...{ subject: shown.subject, issuer: shown.issuer, names: shown.names },
                ...{
                  fingerprint: shown.fingerprint,
                  not_before: iso(shown.start),
                  not_after: iso(shown.end),
                },
              }
            : null,
        },
      }
    },
  }),
]
