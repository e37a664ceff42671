import { failing, ok, quoted, type Surroundings, seeAll, unknown, type Verdict, warning } from './finding.ts'

export interface LibvirtFacts {
  uri: string
  /** Of the daemon, e.g. `9.0.0`; empty when it did not answer. */
  version: string
  /** What virsh said instead. */
  reason: string
  /** Whether the daemon's program is on this host. */
  installed: boolean
}

const leastMajor = 8

export function judgeLibvirt(facts: LibvirtFacts, { root, systemd }: Surroundings): Verdict {
  const { uri, version, reason, installed } = facts
  if (version !== '') {
    if (Number.parseInt(version, 10) >= leastMajor) return ok(`libvirt ${version} answers at ${uri}`)
    return failing(
      `libvirt ${version} is older than ${leastMajor}.0, which Nacelle needs`,
      'upgrade the host to Debian 12 or later: its libvirt is new enough',
    )
  }
  if (!root && /permission denied|authenticat|access denied|polkit|policy kit/i.test(reason))
    return unknown('only root and the group libvirt may ask libvirt', seeAll)
  const mend = uri.startsWith('qemu:')
    ? startDaemon('libvirtd', installed, systemd)
    : `virsh -c ${quoted(uri)} version`
  return failing(`libvirt does not answer at ${uri}: ${reason}`, mend)
}

function startDaemon(name: string, installed: boolean, systemd: boolean): string {
  if (!installed) return 'apt-get install libvirt-daemon-system'
  return systemd ? `systemctl enable --now ${name}.socket` : `/usr/sbin/${name} -d`
}

export interface DaemonFacts {
  name: 'virtlogd' | 'virtlockd'
  socket: 'answers' | 'refuses' | 'denied' | 'absent'
  installed: boolean
  /** False where libvirt is reached in a way of its own, with its helpers somewhere else. */
  usual: boolean
}

const duties = {
  virtlogd: 'no guest can start while it is down, since it keeps their console logs',
  virtlockd: 'disks are not guarded against use by two guests at once where its lock manager is switched on',
} as const

export function judgeDaemon(facts: DaemonFacts, { systemd }: Surroundings): Verdict {
  const { name, socket, usual, installed } = facts
  if (socket === 'answers') return ok(`${name} answers`)
  if (!usual)
    return unknown('libvirt is reached by an address of its own, so its helpers were not looked for')
  if (socket === 'denied') return unknown(`only root may ask ${name}`, seeAll)
  const judge = name === 'virtlogd' ? failing : warning
  return judge(`${name} does not answer: ${duties[name]}`, startDaemon(name, installed, systemd))
}
