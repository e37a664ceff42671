import { anonymousPrincipal, type Principal } from '../../core/context.ts'
import { AppError } from '../../core/errors.ts'
import { mayAny, type Permission } from '../../core/identity/permissions.ts'
import { credentialOf, type Header, sameOrigin } from './auth.ts'

/** Who a session secret or token belongs to; undefined when it is nobody's (unknown, ended, expired). */
export type Resolve = (
  credential: string,
  address: string,
  /** False: only asks who it is, and renews no session. */
  isUse?: boolean,
) => Principal | undefined | Promise<Principal | undefined>

export interface Caller {
  header: Header
  /** Whether the request may change something; then a cookie alone needs a page of this server behind it. */
  changes: boolean
  address: string
  /** False where the request is no sign that somebody is there; it then renews no session. */
  isUse?: boolean
}

/**
 * The caller's principal; `anonymous` without a credential. A credential that is nobody's is an error, unless the
 * operation is public: then it only does not count.
 */
export async function identify(caller: Caller, resolve: Resolve, isPublic: boolean): Promise<Principal> {
  const credential = credentialOf(caller.header)
  if (credential === undefined) return anonymousPrincipal
  const forged = credential.from === 'cookie' && caller.changes && !sameOrigin(caller.header)
  const who = forged ? undefined : await resolve(credential.secret, caller.address, caller.isUse)
  if (who !== undefined || isPublic) return who ?? anonymousPrincipal
  if (forged)
    throw new AppError(
      'forbidden',
      'A browser may change something only from a page of this server: the Origin does not match.',
    )
  throw new AppError('unauthenticated', 'The session or token is unknown or has ended: log in again.')
}

/** Refuses whom the rule excludes in every case; what is owned is checked by the service. */
export function checkAccess(who: Principal, access: 'public' | 'session' | Permission): void {
  if (access === 'public') return
  if (who.kind === 'anonymous')
    throw new AppError('unauthenticated', 'Log in first: this needs a session or a token.')
  if (access === 'session' || mayAny(who, access)) return
  throw new AppError('forbidden', `'${who.name}' lacks the permission '${access}'.`, {
    details: { permission: access },
  })
}
