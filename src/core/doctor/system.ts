import { ok, type Surroundings, seeAll, unknown, type Verdict, warning } from './finding.ts'

export const judgePrivileges = (uid: number): Verdict =>
  uid === 0 ? ok('runs as root') : unknown(`runs as user id ${uid}, which cannot see everything`, seeAll)

export function judgeInit({ systemd }: Pick<Surroundings, 'systemd'>): Verdict {
  if (systemd) return ok('systemd runs')
  return warning(
    'systemd does not run: nothing starts libvirt and Nacelle when the host boots',
    'let your init run at boot: virtlogd -d; virtlockd -d; libvirtd -d; nacelle serve',
  )
}

export interface CgroupFacts {
  version: 0 | 1 | 2
  controllers: readonly string[]
}

export function judgeCgroups({ version, controllers }: CgroupFacts): Verdict {
  if (version === 0)
    return warning(
      'there are no control groups: priorities of guests have no effect',
      'mount -t cgroup2 cgroup2 /sys/fs/cgroup',
    )
  const missing = ['cpu', 'memory'].filter((name) => !controllers.includes(name))
  if (missing.length === 0) return ok(`version ${version} with ${controllers.join(', ')}`)
  const boot = missing.includes('memory') ? ' cgroup_enable=memory' : ''
  return warning(
    `version ${version} lacks ${missing.join(' and ')}: priorities of guests have no effect`,
    boot === ''
      ? 'echo +cpu > /sys/fs/cgroup/cgroup.subtree_control'
      : `add${boot} to GRUB_CMDLINE_LINUX in /etc/default/grub, then: update-grub && reboot`,
  )
}

export interface SelinuxFacts {
  mode: 'off' | 'permissive' | 'enforcing'
  pool: string
}

export function judgeSelinux({ mode, pool }: SelinuxFacts): Verdict {
  if (mode === 'off') return ok('not in use')
  if (mode === 'permissive') return ok('permissive: it only records')
  return warning(
    `enforcing: QEMU opens disks only where they carry its label, which ${pool} may not`,
    `semanage fcontext -a -t virt_image_t '${pool}(/.*)?' && restorecon -R '${pool}'`,
  )
}
