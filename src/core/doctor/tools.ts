import { failing, ok, type Verdict, warning } from './finding.ts'

export interface ToolSpec {
  /** Name of the program. */
  name: string
  /** What makes it print its version. */
  versionWords: readonly string[]
  /** The Debian package that brings it. */
  debian: string
  /** What does not work without it. */
  purpose: string
  required: boolean
  /** Kind of storage pool that alone needs it: without such a pool it may be missing. */
  onlyFor?: string
}

const needed = (name: string, debian: string, purpose: string, words = ['--version']): ToolSpec => ({
  name,
  versionWords: words,
  debian,
  purpose,
  required: true,
})
const useful = (...words: Parameters<typeof needed>): ToolSpec => ({ ...needed(...words), required: false })
const forPools = (onlyFor: string, ...words: Parameters<typeof needed>): ToolSpec => ({
  ...useful(...words),
  onlyFor,
})

/** Programs that Nacelle runs, or that libvirt runs for it. */
export const tools: readonly ToolSpec[] = [
  needed('virsh', 'libvirt-clients', 'nothing of libvirt can be asked'),
  needed('qemu-system-x86_64', 'qemu-system-x86', 'no guest can run'),
  needed('qemu-img', 'qemu-utils', 'no disk can be made'),
  needed('genisoimage', 'genisoimage', 'cloud-init seeds cannot be made'),
  useful('xorriso', 'xorriso', 'ISO images cannot be looked into'),
  needed('nft', 'nftables', 'guests cannot reach out through the host'),
  needed('ip', 'iproute2', 'the addresses and routes of the host cannot be seen', ['-V']),
  needed('dnsmasq', 'dnsmasq-base', 'guests get no address by DHCP'),
  needed('ebtables', 'iptables', 'guests with address filters cannot start'),
  needed('setpriv', 'util-linux', 'no program can be started'),
  needed('prlimit', 'util-linux', 'uploaded images cannot be inspected'),
  needed('fallocate', 'util-linux', 'nothing can be kept back for a full disk'),
  useful('openssl', 'openssl', 'guests cannot be given a password by cloud-init', ['version']),
  useful('modprobe', 'kmod', 'kernel modules cannot be loaded'),
  useful('swtpm', 'swtpm', 'guests cannot have a TPM'),
  useful('swtpm_setup', 'swtpm-tools', 'guests cannot have a TPM'),
  forPools('NFS', 'mount.nfs', 'nfs-common', 'they cannot be mounted', ['-V']),
  forPools('iSCSI', 'iscsiadm', 'open-iscsi', "the kernel's initiator cannot be used"),
  forPools('RBD', 'rbd', 'ceph-common', 'their images cannot be made'),
]

export interface ToolFacts {
  /** Where it was found; empty when it was not. */
  path: string
  /** First line of what it prints; empty when it did not run. */
  version: string
  /** Why it did not run. */
  reason: string
}

export function judgeTool(spec: ToolSpec, { path, version, reason }: ToolFacts): Verdict {
  const judge = spec.required ? failing : warning
  const install = `apt-get install ${spec.debian}`
  if (path === '' && spec.onlyFor) return ok(`not installed; only ${spec.onlyFor} pools need it: ${install}`)
  if (path === '') return judge(`not installed: ${spec.purpose}`, install)
  if (version === '')
    return warning(`${path} does not run: ${reason}`, `apt-get install --reinstall ${spec.debian}`)
  return ok(`${versionOf(version)} (${path})`)
}

/** The number in a program's greeting, e.g. `7.2.22` of `qemu-img version 7.2.22 (Debian …)`. */
export const versionOf = (line: string): string => /\d+(\.\d+)+/.exec(line)?.[0] ?? line.slice(0, 60)

export interface FileSpec {
  id: string
  title: string
  paths: readonly string[]
  debian: string
  purpose: string
}

/** Files that other programs bring and guests need; all of `paths` must be there. */
export function judgeFiles({ paths, debian, purpose }: FileSpec, missing: readonly string[]): Verdict {
  if (missing.length === 0) return ok(paths.join(', '))
  return warning(`${missing.join(', ')} is not there: ${purpose}`, `apt-get install ${debian}`)
}
