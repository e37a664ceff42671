import { invalid } from '../errors.ts'
import { endpointText, parseEndpoint } from './endpoint.ts'
import type { PoolType } from './pool-types.ts'

const monitorPort = 6789
const mostMonitors = 16
const poolPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/
const userPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/

export const rbdType: PoolType = {
  fields: ['host', 'target', 'user', 'secret'],
  check({ host = '', target = '', user = '', secret }, secretUuid) {
    const monitors = host.split(',').map((text) => parseEndpoint('monitors', text.trim(), monitorPort))
    if (monitors.length > mostMonitors)
      throw invalid('monitors', `monitors must name at most ${mostMonitors} monitors`)
    if (!poolPattern.test(target))
      throw invalid('target', "target must be the name of a Ceph pool: letters, digits, '.', '_' and '-'")
    const name = user.replace(/^client\./, '')
    if (name !== '' && !userPattern.test(name))
      throw invalid('user', "user must be a cephx user such as 'nacelle', or empty without authentication")
    if (secret && !/^[A-Za-z0-9+/]{20,200}={0,2}$/.test(secret))
      throw invalid('key', 'key must be a cephx key, as `ceph auth get-key` prints it')
    return {
      host: monitors.map(endpointText).join(','),
      target,
      options: { type: 'rbd', user: name, secretUuid },
    }
  },
  secret: ({ options }) => (options.type === 'rbd' && options.user !== '' ? 'needed' : 'none'),
  overlaps: (a, b) => a.target === b.target && sharesMonitor(a.host, b.host),
  describe: ({ host, target }) => `Ceph pool '${target}' at ${host}`,
}

const sharesMonitor = (a: string, b: string) => a.split(',').some((monitor) => b.split(',').includes(monitor))

/** The monitors of a recorded pool. */
export const monitorsOf = (host: string) =>
  host.split(',').map((text) => parseEndpoint('monitors', text, monitorPort))
