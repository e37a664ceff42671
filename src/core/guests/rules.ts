import { AppError, invalid } from '../errors.ts'
import type { DomainState } from '../hypervisor.ts'
import { checkTags } from '../tags.ts'
import type { GuestRequest } from './guest.ts'
import { checkPorts, type PortRange } from './ports.ts'

const mebibyte = 1 << 20

export const limits = {
  nameLength: 128,
  disks: 16,
  minMemoryBytes: 16 * mebibyte,
  minDiskBytes: mebibyte,
  /** Libvirt makes file names of a domain's name and adds to them; a file name has 255 bytes. */
  domainNameBytes: 240,
  systemLength: 64,
  sshKeys: 64,
  sshKeyLength: 8192,
  tags: 20,
  /** Of bytes or operations per second; more overflows what QEMU and libvirt count in. */
  rate: 1e12,
} as const

/**
 * 1–128 characters: letters and digits of any script, `.`, `-`, `_`; it begins with a letter or digit. A slash, a control
 * character or a leading dash would turn a name into a path or an option.
 */
export const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,127}$/u

export function checkName(name: string, group: string): void {
  if (!namePattern.test(name))
    throw invalid(
      'name',
      `name must be 1 to ${limits.nameLength} letters, digits, '.', '-' or '_' and begin with a letter or digit`,
    )
  const bytes = new TextEncoder().encode(domainNameOf({ group, name })).length
  if (bytes > limits.domainNameBytes)
    throw invalid(
      'name',
      `name must be shorter: with its group it has ${bytes} bytes, and a domain's name at most ${limits.domainNameBytes}`,
    )
}

export const domainNameOf = (guest: { group: string; name: string }): string => `${guest.group}.${guest.name}`

/** From the settings, and from the memory that the hosts really have. */
export interface GuestLimits {
  cores: number
  memoryBytes: number
  hostMemoryBytes: number
  diskBytes: number
  /** Ports of the host that users may have forwarded. */
  forwardPorts: PortRange
}

/** Everything that can be said of a request without looking at the record. */
export function checkRequest(request: GuestRequest, most: GuestLimits): void {
  checkName(request.name, request.group)
  checkSystem(request)
  checkCores(request.cores, most)
  checkMemory(request.memoryBytes, most)
  checkDisks(request.diskBytes, most)
  for (const [index, module] of request.modules.entries())
    if (module !== 'qemu' && module !== 'cloud-init')
      throw invalid(`modules[${index}]`, `modules may hold 'qemu' and 'cloud-init', not '${module}'`)
  if (request.tags) checkGuestTags(request.tags)
  checkPorts(request.ports)
  checkQos(request.qos)
  if (request.cloudInit) checkCloudInit(request.cloudInit)
}

export const checkGuestTags = (tags: readonly string[]): void =>
  checkTags(tags, { what: 'a guest', most: limits.tags })

function checkSystem({ system, systemVersion }: GuestRequest): void {
  for (const [field, value] of Object.entries({ system, system_version: systemVersion }))
    if (value.length > limits.systemLength || /\p{Cc}/u.test(value))
      throw invalid(
        field,
        `${field} must be at most ${limits.systemLength} characters without control characters`,
      )
}

export function checkQos(qos: GuestRequest['qos']): void {
  const { cpuPriority: _, ...rates } = qos
  for (const rate of Object.values(rates))
    if (!Number.isInteger(rate) || rate < 0 || rate > limits.rate)
      throw invalid('qos', `each limit of qos must be a whole number from 0 to ${limits.rate}`)
  // QEMU takes the one or the others, and none may be dropped in silence.
  if (qos.totalIops > 0 && (qos.readIops > 0 || qos.writeIops > 0))
    throw invalid('max_io', 'max_io cannot go with qos.read_iops or qos.write_iops: leave one of them out')
}

export function checkStart({
  startPriority,
  startDelaySeconds,
}: {
  startPriority: number
  startDelaySeconds: number
}): void {
  if (!Number.isInteger(startPriority) || startPriority < 0 || startPriority > 100)
    throw invalid('start_priority', 'start_priority must be a whole number from 0 to 100')
  if (!Number.isInteger(startDelaySeconds) || startDelaySeconds < 0 || startDelaySeconds > 3600)
    throw invalid('start_delay', 'start_delay must be a whole number of seconds from 0 to 3600')
}

export function checkCores(cores: number, most: GuestLimits): void {
  if (!Number.isInteger(cores) || cores < 1)
    throw invalid('cores', 'cores must be a whole number of at least 1')
  if (cores > most.cores)
    throw invalid('cores', `cores must be at most ${most.cores}, as the setting guest.max_cores says`)
}

export function checkMemory(memoryBytes: number, most: GuestLimits): void {
  if (!Number.isInteger(memoryBytes) || memoryBytes < limits.minMemoryBytes)
    throw invalid('memory', `memory must be at least ${limits.minMemoryBytes} bytes (16 MiB)`)
  if (memoryBytes > most.memoryBytes)
    throw invalid(
      'memory',
      `memory must be at most ${most.memoryBytes} bytes, as the setting guest.max_memory_gib says`,
    )
  if (memoryBytes > most.hostMemoryBytes)
    throw new AppError(
      'insufficient_capacity',
      `memory of ${memoryBytes} bytes is more than the ${most.hostMemoryBytes} bytes of the largest host`,
      { field: 'memory' },
    )
}

function checkDisks(diskBytes: readonly number[], most: GuestLimits): void {
  if (diskBytes.length === 0) throw invalid('disks', 'disks must name at least the size of the system disk')
  if (diskBytes.length > limits.disks) throw invalid('disks', `a guest has at most ${limits.disks} disks`)
  for (const [index, size] of diskBytes.entries()) checkDiskSize(size, `disks[${index}]`, most)
}

export function checkDiskSize(sizeBytes: number, field: string, most: GuestLimits): void {
  if (!Number.isInteger(sizeBytes) || sizeBytes < limits.minDiskBytes)
    throw invalid(field, `${field} must be at least ${limits.minDiskBytes} bytes (1 MiB)`)
  if (sizeBytes > most.diskBytes)
    throw invalid(
      field,
      `${field} must be at most ${most.diskBytes} bytes, as the setting guest.max_disk_gib says`,
    )
  if (sizeBytes % 512 !== 0) throw invalid(field, `${field} must be a multiple of 512 bytes`)
}

/** POSIX portable user names; a guest's tools refuse others. */
const userPattern = /^[a-z_][a-z0-9_-]{0,31}$/
const pathPattern = /^\/[\w./-]{1,255}$/

function checkCloudInit(cloudInit: NonNullable<GuestRequest['cloudInit']>): void {
  if (!userPattern.test(cloudInit.adminName))
    throw invalid(
      'cloud_init.admin_name',
      'admin_name must be a user name: a-z, 0-9, - and _, at most 32, no digit first',
    )
  if (!pathPattern.test(cloudInit.dataPath) || cloudInit.dataPath.split('/').includes('..'))
    throw invalid('cloud_init.data_path', 'data_path must be an absolute path of letters, digits, ., - and _')
  checkGuestPassword(cloudInit.adminSecret, 'cloud_init.admin_secret')
  checkSshKeys(cloudInit.sshKeys)
}

function checkSshKeys(keys: readonly string[]): void {
  const field = 'cloud_init.ssh_keys'
  if (keys.length > limits.sshKeys) throw invalid(field, `ssh_keys may hold at most ${limits.sshKeys} keys`)
  for (const [index, key] of keys.entries()) {
    if (key.length > limits.sshKeyLength)
      throw invalid(`${field}[${index}]`, `a key must be at most ${limits.sshKeyLength} characters`)
    if (!/^(ssh-|ecdsa-|sk-)[\w@.-]+ [A-Za-z0-9+/=]+( [^\r\n]*)?$/.test(key))
      throw invalid(`${field}[${index}]`, 'ssh_keys must hold public keys in the form of authorized_keys')
  }
}

export function checkGuestPassword(password: string | undefined, field: string): void {
  if (password === undefined) return
  // A line feed or a NUL would end the password early inside the guest.
  if (password.length < 1 || password.length > 128 || /\p{Cc}/u.test(password))
    throw invalid(field, `${field} must be 1 to 128 characters without control characters`)
}

/** A host name from a guest's name: what RFC 1123 allows, or one made of the id. */
export function hostnameOf(name: string, id: string): string {
  const label = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
  return label === '' ? `guest-${id.slice(0, 8)}` : label
}

/** Verb → states in which it makes sense; server and UI ask the same table. */
export const guestCan = {
  start: ['absent', 'stopped', 'crashed'],
  stop: ['running', 'paused', 'stopping', 'crashed'],
  shutdown: ['running'],
  reboot: ['running'],
  reset: ['running', 'paused', 'crashed'],
  insertMedia: ['running', 'paused'],
  rename: ['absent', 'stopped'],
  console: ['running', 'paused', 'stopping'],
  setPassword: ['running'],
} as const satisfies Record<string, readonly DomainState[]>

export const can = (verb: keyof typeof guestCan, state: DomainState): boolean =>
  (guestCan[verb] as readonly DomainState[]).includes(state)
