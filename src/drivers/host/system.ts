import { readdir } from 'node:fs/promises'
import type { AppArmorFacts } from '../../core/doctor/apparmor.ts'
import type { Surroundings } from '../../core/doctor/finding.ts'
import type { CgroupFacts, SelinuxFacts } from '../../core/doctor/system.ts'
import { isRoot, isThere, readIfThere } from './files.ts'

/** Never throws. */
export const surroundings = async (): Promise<Surroundings> => ({
  root: isRoot(),
  systemd: await isThere('/run/systemd/system').catch(() => false),
})

const cgroupRoot = '/sys/fs/cgroup'

export async function cgroupFacts(): Promise<CgroupFacts> {
  const unified = await readIfThere(`${cgroupRoot}/cgroup.controllers`)
  if (unified !== undefined) return { version: 2, controllers: unified.trim().split(/\s+/).filter(Boolean) }
  const entries = (await isThere(cgroupRoot)) ? await readdir(cgroupRoot) : []
  const controllers = [...new Set(entries.flatMap((name) => name.split(',')))]
  const known = controllers.filter((name) => ['cpu', 'memory', 'blkio', 'cpuset', 'devices'].includes(name))
  return { version: known.length > 0 ? 1 : 0, controllers: known.sort() }
}

export async function selinuxMode(): Promise<SelinuxFacts['mode']> {
  const enforce = await readIfThere('/sys/fs/selinux/enforce')
  if (enforce === undefined) return 'off'
  return enforce.trim() === '1' ? 'enforcing' : 'permissive'
}

/** `profileFiles`: virt-aa-helper's profile and the local additions to it. */
export async function appArmorFacts(
  pools: readonly string[],
  profileFiles: readonly string[],
): Promise<AppArmorFacts> {
  const enabled = (await readIfThere('/sys/module/apparmor/parameters/enabled'))?.trim() === 'Y'
  if (!enabled) return { enabled, pools }
  const [own, local] = await Promise.all(profileFiles.map(readIfThere))
  const loaded = await readIfThere('/sys/kernel/security/apparmor/profiles').catch(() => undefined)
  return {
    enabled,
    pools,
    ...(own === undefined ? {} : { helper: `${own}\n${local ?? ''}` }),
    ...(loaded === undefined ? {} : { profiles: loaded.trim().split('\n') }),
  }
}
