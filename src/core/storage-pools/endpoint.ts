import { isIPv4, isIPv6 } from 'node:net'
import { invalid } from '../errors.ts'

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?)*$/

export interface Endpoint {
  /** A name or an address; IPv6 without brackets. */
  name: string
  port: number
}

/** `name`, `name:port`, `[v6]` or `[v6]:port`; throws `invalid`, naming the field. */
export function parseEndpoint(field: string, text: string, defaultPort: number): Endpoint {
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const name = isIPv6(text) ? text : (found?.[1] ?? found?.[2] ?? '')
  const port = isIPv6(text) || found?.[3] === undefined ? defaultPort : Number(found[3])
  const isName = isIPv6(name) || isIPv4(name) || (hostName.test(name) && found?.[1] === undefined)
  if (!isName || port < 1 || port > 65_535)
    throw invalid(
      field,
      `${field} must be a host name or an address, with ':port' where it is not ${defaultPort}`,
    )
  return { name, port }
}

/** The inverse of `parseEndpoint`. */
export const endpointText = ({ name, port }: Endpoint): string =>
  isIPv6(name) ? `[${name}]:${port}` : `${name}:${port}`
