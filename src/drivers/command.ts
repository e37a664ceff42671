// How a command line is put together before it is spawned, and the error that a failed one becomes.
import { AppError } from '../core/errors.ts'

export interface CommandLimits {
  cpuSeconds?: number
  addressSpaceBytes?: number
  fileSizeBytes?: number
  openFiles?: number
  processes?: number
}

export interface Confinement {
  /** Drops to this account for good (root only; another user keeps its own identity). */
  asUser?: { user: string; group: string }
  limits?: CommandLimits
  /** `low`: yields CPU and disk to everything else. */
  priority?: 'normal' | 'low'
}

/**
 * The words that run `command` confined. setpriv becomes the command by exec, so the pid is the command's; its
 * parent-death signal ends the child even when the appliance is killed with no chance to clean up.
 */
export function wrap(command: string, args: readonly string[], confinement: Confinement): [string, string[]] {
  const words = ['--pdeathsig', 'KILL']
  if (confinement.asUser && process.getuid?.() === 0) {
    const { user, group } = confinement.asUser
    words.push('--reuid', user, '--regid', group, '--clear-groups', '--no-new-privs')
    words.push('--inh-caps=-all')
  }
  words.push('--')
  const limits = limitWords(confinement.limits ?? {})
  if (limits.length > 0) words.push('prlimit', ...limits, '--')
  if (confinement.priority === 'low') words.push('nice', '-n', '10', 'ionice', '-c', '2', '-n', '7')
  return ['setpriv', [...words, command, ...args]]
}

function limitWords(limits: CommandLimits): string[] {
  const named: [string, number | undefined][] = [
    ['cpu', limits.cpuSeconds],
    ['as', limits.addressSpaceBytes],
    ['fsize', limits.fileSizeBytes],
    ['nofile', limits.openFiles],
    ['nproc', limits.processes],
  ]
  return named.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]))
}

const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const inherited = ['HOME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'LIBVIRT_DEBUG']

/** Only what tools need: secrets in the appliance's own environment must not reach them. */
export function childEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const kept = inherited.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const own = (process.env['PATH'] ?? '').split(':').filter((part) => part.startsWith('/'))
  const path = [...new Set([...own, ...standardPath.split(':')])].join(':')
  return { ...Object.fromEntries(kept), PATH: path, LC_ALL: 'C', ...extra }
}

/** The Debian package that brings each tool. */
const packages: Record<string, string> = {
  virsh: 'libvirt-clients',
  'qemu-img': 'qemu-utils',
  'qemu-io': 'qemu-utils',
  'qemu-nbd': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
  nft: 'nftables',
  ip: 'iproute2',
  bridge: 'iproute2',
  dnsmasq: 'dnsmasq-base',
  genisoimage: 'genisoimage',
  xorriso: 'xorriso',
  mcopy: 'mtools',
  openssl: 'openssl',
  rbd: 'ceph-common',
  ceph: 'ceph-common',
  iscsiadm: 'open-iscsi',
  'iscsi-ls': 'libiscsi-bin',
  'iscsi-readcapacity16': 'libiscsi-bin',
  'iscsi-inq': 'libiscsi-bin',
  setpriv: 'util-linux',
  prlimit: 'util-linux',
  'mount.nfs': 'nfs-common',
  systemctl: 'systemd',
  timedatectl: 'systemd',
  aa_status: 'apparmor',
  'aa-status': 'apparmor',
  sysctl: 'procps',
}

export function missingTool(command: string): AppError {
  const name = command.split('/').at(-1) ?? command
  const debian = packages[name]
  const mend = debian ? `apt-get install ${debian}` : `install the package that brings ${name}`
  return new AppError('unavailable', `the program ${name} is not installed; mend it with: ${mend}`, {
    details: { command: name, package: debian ?? null },
  })
}

/** setpriv and prlimit cannot hand on ENOENT; they say it in words. */
export function saysMissing(exitCode: number | null, stderr: string): boolean {
  return exitCode === 127 && /^(setpriv|prlimit|ionice|nice): .*No such file or directory/m.test(stderr)
}

/** Puts `***` where a secret stands. */
export function masker(secrets: readonly string[]): (text: string) => string {
  const present = secrets.filter((secret) => secret.length > 0)
  return (text) => present.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
}
