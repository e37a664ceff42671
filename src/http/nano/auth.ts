import { parse, serialize } from 'hono/utils/cookie'

export const sessionCookieName = 'nacelle_session'

/** What a request brings to say who it is. */
export interface Credential {
  secret: string
  from: 'header' | 'cookie'
}

export type Header = (name: string) => string | undefined

/**
 * Where this dialect's credentials sit: `Nano-Session`, `Authorization: Bearer X` or `Authorization: X`, else the
 * browser's cookie. A cookie never counts beside a header, so that a script's mistake is not answered as somebody else.
 */
export function credentialOf(header: Header): Credential | undefined {
  const session = header('nano-session')?.trim()
  if (session) return { secret: session, from: 'header' }
  const authorization = header('authorization')?.trim()
  if (authorization) return { secret: authorization.replace(/^bearer +/i, ''), from: 'header' }
  const cookie = parse(header('cookie') ?? '', sessionCookieName)[sessionCookieName]
  return cookie ? { secret: cookie, from: 'cookie' } : undefined
}

/** Whether the page that sent the request lies on this very server. Only browsers send an Origin. */
export function sameOrigin(header: Header): boolean {
  const origin = header('origin')
  const host = header('host')
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === normalHost(host, new URL(origin).protocol)
}

// A URL drops its scheme's usual port, and so must the host that it is compared with.
const normalHost = (host: string, protocol: string) =>
  URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`).host : host

/** The Set-Cookie value of a login or, with null, of a logout. */
export function sessionCookie(
  session: { secret: string; maxAgeSeconds: number } | null,
  secure: boolean,
): string {
  return serialize(sessionCookieName, session?.secret ?? '', {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    secure,
    maxAge: Math.floor(session?.maxAgeSeconds ?? 0),
  })
}

/** Whether a request of this method may change something. */
export const isChange = (method: string): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method)
