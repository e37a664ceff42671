import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { parse as parseToml } from 'smol-toml'
import * as v from 'valibot'

export const defaultConfigFile = '/etc/nacelle/nacelle.toml'

/** The file's keys, as an operator writes them; every one also has a description for `--help` and the docs. */
const fileSchema = v.strictObject({
  data_dir: v.optional(v.pipe(v.string(), v.startsWith('/', 'must be an absolute path'))),
  listen: v.optional(v.string()),
  libvirt_uri: v.optional(v.pipe(v.string(), v.minLength(1))),
  insecure: v.optional(v.boolean()),
  tls_certificate: v.optional(v.string()),
  tls_key: v.optional(v.string()),
  trusted_proxies: v.optional(v.array(v.pipe(v.string(), v.ip()))),
  cell_name: v.optional(v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/, 'may hold letters, digits, - and _'))),
  log_level: v.optional(v.picklist(['debug', 'info', 'warn', 'error'])),
  log_format: v.optional(v.picklist(['auto', 'json', 'text'])),
})

type FileSettings = v.InferOutput<typeof fileSchema>

export interface Listen {
  url: string
  scheme: 'http' | 'https'
  host: string
  port: number
}

export interface Config {
  /** Where everything that must last is kept. */
  dataDir: string
  listen: Listen
  libvirtUri: string
  /** Own certificate instead of the one that Nacelle makes; both or none. */
  tlsCertificate?: string
  tlsKey?: string
  /** Peers whose X-Forwarded-For is believed. */
  trustedProxies: string[]
  cellName: string
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  logFormat: 'auto' | 'json' | 'text'
}

/** What the command line gives; undefined where a flag was not written. */
export interface Flags {
  config?: string
  dataDir?: string
  listen?: string
  libvirtUri?: string
  insecure?: boolean
}

/** A mistake in flags, environment or file: shown as it is, without a stack. */
export class ConfigError extends Error {}

/** Precedence: flag, environment, file, default. Throws ConfigError naming the key and where it was written. */
export function loadConfig(flags: Flags, env: NodeJS.ProcessEnv): Config {
  const file = readFile(flags.config ?? env['NACELLE_CONFIG'])
  const insecure = flags.insecure ?? env['NACELLE_INSECURE'] === '1'
  const dataDir = flags.dataDir ?? env['NACELLE_DATA_DIR'] ?? file.data_dir ?? '/var/lib/nacelle'
  if (!dataDir.startsWith('/')) throw new ConfigError(`data directory '${dataDir}': must be an absolute path`)
  if ((file.tls_certificate === undefined) !== (file.tls_key === undefined))
    throw new ConfigError('tls_certificate and tls_key belong together: give both or none')
  return {
    // One spelling: two processes on one directory know each other by it.
    dataDir: resolve(dataDir),
    listen: parseListen(
      flags.listen ?? env['NACELLE_LISTEN'] ?? file.listen ?? 'https://0.0.0.0:5870',
      insecure || file.insecure === true,
    ),
    libvirtUri: flags.libvirtUri ?? env['NACELLE_LIBVIRT_URI'] ?? file.libvirt_uri ?? 'qemu:///system',
    tlsCertificate: file.tls_certificate,
    tlsKey: file.tls_key,
    trustedProxies: file.trusted_proxies ?? [],
    cellName:
      file.cell_name ??
      hostname()
        .split('.')[0]
        ?.replace(/[^\w-]/g, '-') ??
      'cell',
    logLevel: file.log_level ?? 'info',
    logFormat: file.log_format ?? 'auto',
  }
}

/** The listening address as a URL. `http` is plain text, so away from loopback it needs `--insecure`. */
export function parseListen(text: string, insecure: boolean): Listen {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new ConfigError(`listen '${text}': must be a URL like https://0.0.0.0:5870`)
  }
  const scheme = url.protocol.slice(0, -1)
  if (scheme !== 'http' && scheme !== 'https')
    throw new ConfigError(`listen '${text}': must begin with https:// or http://`)
  if (url.pathname !== '/' || url.search !== '' || url.username !== '')
    throw new ConfigError(`listen '${text}': must hold a host and a port only`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 0 && host !== 'localhost')
    throw new ConfigError(`listen '${text}': the host must be an IP address or localhost`)
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  if (scheme === 'http' && !loopback && !insecure)
    throw new ConfigError(
      `listen '${text}': plain http would carry passwords over the network; use https://, a loopback address, or --insecure`,
    )
  // URL drops a port that is the scheme's usual one, so 80 and 443 come back empty.
  const port = url.port !== '' ? Number(url.port) : scheme === 'https' ? 443 : 80
  return { url: `${scheme}://${url.hostname}:${port}`, scheme, host, port }
}

function readFile(path: string | undefined): FileSettings {
  const file = path ?? defaultConfigFile
  if (!existsSync(file)) {
    if (path !== undefined) throw new ConfigError(`configuration file '${file}' does not exist`)
    return {}
  }
  let data: unknown
  try {
    data = parseToml(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ConfigError(`configuration file '${file}': ${(error as Error).message}`)
  }
  const result = v.safeParse(fileSchema, data)
  if (result.success) return result.output
  const issue = result.issues[0]
  const key = v.getDotPath(issue) ?? '?'
  if (!(key in fileSchema.entries))
    throw new ConfigError(
      `configuration file '${file}': unknown key '${key}'; known are ${Object.keys(fileSchema.entries).join(', ')}`,
    )
  throw new ConfigError(`configuration file '${file}': ${key}: ${issue.message}`)
}
