import { invalid } from '../errors.ts'
import { endpointText, parseEndpoint } from './endpoint.ts'
import type { PoolType } from './pool-types.ts'

const portalPort = 3260
// What RFC 3720 allows, narrowed to what no tool mistakes for an option or a path.
const iqnPattern =
  /^(iqn\.\d{4}-\d{2}\.[a-z0-9.-]+(:[A-Za-z0-9._:-]+)?|eui\.[0-9A-Fa-f]{16}|naa\.[0-9A-Fa-f]{16,32})$/
const mostText = 223

export const iscsiType: PoolType = {
  fields: ['host', 'target', 'chapUser', 'initiatorIqn', 'initiator', 'secret'],
  check({ host = '', target = '', chapUser = '', initiatorIqn = '', initiator = '', secret }, secretUuid) {
    const portal = parseEndpoint('portal', host, portalPort)
    checkIqn('iqn', target)
    if (initiatorIqn !== '') checkIqn('initiator_iqn', initiatorIqn)
    checkText('chap_user', chapUser)
    checkText('chap_secret', secret ?? '')
    return {
      host: endpointText(portal),
      target,
      options: { type: 'iscsi', chapUser, initiatorIqn, secretUuid, ...initiatorIn(initiator) },
    }
  },
  secret: ({ options }) => (options.type === 'iscsi' && options.chapUser !== '' ? 'needed' : 'none'),
  overlaps: (a, b) => a.target === b.target,
  describe: ({ host, target }) => `iSCSI pool of the LUNs of ${target} at ${host}`,
}

/** Left out, the host decides: so a host that gets an initiator uses it. */
function initiatorIn(initiator: string): { initiator?: 'kernel' | 'qemu' } {
  if (initiator === '' || initiator === 'auto') return {}
  if (initiator === 'kernel' || initiator === 'qemu') return { initiator }
  throw invalid('initiator', "initiator must be 'kernel', 'qemu' or 'auto'")
}

function checkIqn(field: string, text: string): void {
  if (!iqnPattern.test(text) || text.length > mostText)
    throw invalid(field, `${field} must be an iSCSI name such as 'iqn.2026-01.net.example:disks'`)
}

function checkText(field: string, text: string): void {
  if (/[\p{Cc}\p{Z}]/u.test(text) || text.length > 255)
    throw invalid(field, `${field} must be at most 255 characters without blanks`)
}

/** The portal of a recorded pool. */
export const portalOf = (host: string) => parseEndpoint('portal', host, portalPort)
