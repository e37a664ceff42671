import { invalid } from '../errors.ts'
import { checkPath, inside } from './directory-type.ts'
import { parseEndpoint } from './endpoint.ts'
import type { PoolType } from './pool-types.ts'

const nfsPort = 2049
const optionsPattern = /^[a-z0-9_]+(=[A-Za-z0-9_.:-]+)?(,[a-z0-9_]+(=[A-Za-z0-9_.:-]+)?)*$/

export const nfsType: PoolType = {
  fields: ['host', 'target', 'mountOptions'],
  check({ host = '', target = '', mountOptions = '' }) {
    const { name, port } = parseEndpoint('host', host, nfsPort)
    if (port !== nfsPort)
      throw invalid(
        'host',
        "host is a name or an address; another port goes into the mount options as 'port='",
      )
    checkPath('target', target)
    if (mountOptions !== '' && !(optionsPattern.test(mountOptions) && mountOptions.length <= 200))
      throw invalid(
        'options',
        "options must be mount options joined by commas, such as 'vers=4.2,nconnect=4'",
      )
    return { host: name, target, options: { type: 'nfs', mountOptions } }
  },
  secret: () => 'none',
  overlaps: (a, b) => a.host === b.host && (inside(a.target, b.target) || inside(b.target, a.target)),
  describe: ({ host, target }) => `NFS pool on ${host}:${target}`,
}
