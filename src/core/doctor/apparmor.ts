import { failing, ok, seeAll, unknown, type Verdict, warning } from './finding.ts'

export interface AppArmorFacts {
  /** Of the kernel. */
  enabled: boolean
  /** Names of the loaded profiles; undefined where only root can see them. */
  profiles?: readonly string[]
  /** Text of virt-aa-helper's profile with its local additions; undefined where it is not there. */
  helper?: string
  pools: readonly string[]
}

const profileFile = '/etc/apparmor.d/usr.lib.libvirt.virt-aa-helper'
export const helperProfiles = [profileFile, '/etc/apparmor.d/local/usr.lib.libvirt.virt-aa-helper']

/** One name of each kind whose chain of backing files is read: disks and layers, media. */
const samples = ['disk.qcow2', 'medium.iso']

/** virt-aa-helper never hands these to a guest, whatever its profile says. */
const restricted =
  /^\/(bin|etc|lost\+found|proc|sbin|selinux|sys|usr\/bin|usr\/sbin|usr\/share|usr\/local\/(bin|etc|sbin))\/|^\/(usr\/|usr\/local\/)?lib/

export function judgeAppArmor({ enabled, profiles, helper, pools }: AppArmorFacts): Verdict {
  if (!enabled) return ok('not in use')
  const refused = pools.find((pool) => restricted.test(`${pool}/`))
  if (refused)
    return failing(
      `virt-aa-helper never lets guests use files below ${refused}: no guest with a disk there can start`,
      'move the pool to another directory, such as /var/lib/nacelle or /srv',
    )
  if (helper === undefined)
    return unknown(`${profileFile} is not there`, 'apt-get install libvirt-daemon-system')
  const hidden = pools.find((pool) => samples.some((name) => !allowsReading(helper, `${pool}/${name}`)))
  if (hidden !== undefined) return beyond(hidden)
  if (!profiles)
    return unknown("which profiles are loaded only root can see; the pools' paths are covered", seeAll)
  if (!profiles.some((name) => name.includes('virt-aa-helper')))
    return warning(
      'the profile of virt-aa-helper is not loaded, though AppArmor is in use',
      `apparmor_parser -r ${profileFile}`,
    )
  return ok(`in use; ${pools.join(', ')} in reach of virt-aa-helper`)
}

const beyond = (pool: string): Verdict =>
  warning(
    `virt-aa-helper may not read disks below ${pool}: guests whose disks have backing files cannot start`,
    `echo '"${pool}/**" r,' >> ${helperProfiles[1]} && apparmor_parser -r ${profileFile}`,
  )

/** Whether a profile's file rules let `path` be read, denials first. */
export function allowsReading(profile: string, path: string): boolean {
  const rules = profile.split('\n').flatMap(parseRule)
  const fits = rules.filter(({ pattern }) => pattern.test(path))
  return fits.some(({ deny }) => !deny) && !fits.some(({ deny }) => deny)
}

const ruleLine = /^\s*(?:audit\s+)?(deny\s+)?(?:owner\s+)?(?:"([^"]+)"|([/@]\S*))\s+(\w+),/

function parseRule(line: string): { deny: boolean; pattern: RegExp }[] {
  const [, deny, inQuotes, bare, modes = ''] = ruleLine.exec(line) ?? []
  const glob = inQuotes ?? bare
  if (glob === undefined || !modes.includes('r')) return []
  return [{ deny: deny !== undefined, pattern: patternOf(glob) }]
}

/** The profile's pattern language: `**`, `*`, `?`, `[…]`, `{a,b}`, and the variables for homes and /proc. */
function patternOf(glob: string): RegExp {
  const plain = glob
    .replaceAll('@{HOME}/', '{/home/*,/root}/')
    .replaceAll('@{PROC}', '/proc')
    .replaceAll(/@\{\w+\}/g, '*')
  const body = plain.replaceAll(/\*\*|[*?{},]|\[[^\]]*\]|[.+^$()|\\]/g, (token) => translated(token))
  return new RegExp(`^${body}$`)
}

function translated(token: string): string {
  const meanings: Record<string, string> = {
    '**': '.*',
    '*': '[^/]*',
    '?': '[^/]',
    '{': '(?:',
    '}': ')',
    ',': '|',
  }
  return meanings[token] ?? (token.startsWith('[') ? token : `\\${token}`)
}
