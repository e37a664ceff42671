import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

const mostNames = 100
const dnsName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

/** What this host may be called by: its name, localhost and the addresses of its interfaces now. */
export function hostNames(): string[] {
  const name = hostname().toLowerCase()
  const short = name.split('.')[0] ?? name
  const addresses = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ address }) => !/^fe80:/i.test(address))
    .map(({ address }) => address)
  const all = [name, short, 'localhost', '127.0.0.1', '::1', ...addresses]
  return [...new Set(all)].filter((entry) => isIP(entry) !== 0 || dnsName.test(entry)).slice(0, mostNames)
}
