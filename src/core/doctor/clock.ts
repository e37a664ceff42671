import { ok, type Surroundings, unknown, type Verdict, warning } from './finding.ts'

export interface ClockFacts {
  /** Who was asked; empty when nobody knows. */
  source: 'timesyncd' | 'timedatectl' | 'chrony' | 'adjtimex' | ''
  synchronized: boolean
  /** A service that could do it, installed. */
  service: 'chrony' | 'timesyncd' | 'ntp' | ''
}

export function judgeClock(
  { source, synchronized, service }: ClockFacts,
  { systemd }: Surroundings,
): Verdict {
  const mend = mendClock(service, systemd)
  if (source === '') return unknown('nothing on this host tells whether the clock is synchronised', mend)
  if (synchronized) return ok(`the clock is synchronised, says ${source}`)
  return warning(
    `the clock is not synchronised, says ${source}: certificates, sessions and guests' clocks may be wrong`,
    mend,
  )
}

function mendClock(service: ClockFacts['service'], systemd: boolean): string {
  if (service === '') return 'apt-get install chrony'
  if (!systemd)
    return service === 'chrony' ? '/usr/sbin/chronyd' : 'apt-get install chrony && /usr/sbin/chronyd'
  if (service === 'timesyncd') return 'timedatectl set-ntp true'
  return `systemctl enable --now ${service}`
}
