import { join } from 'node:path'
import { styleText } from 'node:util'
import { type Config, ConfigError, type Flags, loadConfig } from '../config.ts'
import { helperProfiles, judgeAppArmor } from '../core/doctor/apparmor.ts'
import { judgeClock } from '../core/doctor/clock.ts'
import { type Check, check, examine } from '../core/doctor/examine.ts'
import {
  type FindingState,
  failing,
  ok,
  type Report,
  report,
  type Surroundings,
} from '../core/doctor/finding.ts'
import { judgeDaemon, judgeLibvirt } from '../core/doctor/libvirt.ts'
import { judgeBridgeFilter, judgeForward, judgeForwarding, judgeModules } from '../core/doctor/network.ts'
import { judgePort } from '../core/doctor/port.ts'
import { judgeReserve } from '../core/doctor/reserve.ts'
import { judgeDataDir, judgeReach, judgeSpace } from '../core/doctor/storage.ts'
import { judgeCgroups, judgeInit, judgePrivileges, judgeSelinux } from '../core/doctor/system.ts'
import { reportText } from '../core/doctor/text.ts'
import { type FileSpec, judgeFiles, judgeTool, tools } from '../core/doctor/tools.ts'
import { judgeKvm } from '../core/doctor/virtualization.ts'
import { clockFacts } from '../drivers/host/clock.ts'
import { daemonFacts, libvirtFacts } from '../drivers/host/libvirt.ts'
import { bridgeFilterFacts, forwardFacts, forwardingFacts, moduleFacts } from '../drivers/host/network.ts'
import { lockInode, portFacts } from '../drivers/host/port.ts'
import { processorFacts } from '../drivers/host/processor.ts'
import { reserveFacts } from '../drivers/host/reserve.ts'
import { dataDirFacts, reachFacts, spaceFacts } from '../drivers/host/storage.ts'
import { appArmorFacts, cgroupFacts, selinuxMode, surroundings } from '../drivers/host/system.ts'
import { missingFiles, toolFacts } from '../drivers/host/tools.ts'
import { plainUefi } from '../drivers/libvirt/hardware-xml.ts'
import { probeAccelerator } from '../drivers/libvirt/kvm-probe.ts'
import { version } from '../packaging/version.ts'
import { localCall } from './local-call.ts'
import { lockName } from './single-instance.ts'

export type Examined = Pick<Config, 'dataDir' | 'listen' | 'libvirtUri'>

/** Of one check. The probe of KVM ends before it, with the two seconds that a hung QEMU gets after its SIGTERM. */
const deadlineMs = 20_000
const probeMs = 6_000

/** Looks at this host as the configuration uses it; `pools` are the directories of its storage pools. */
export async function lookAtHost(config: Examined, pools: readonly string[]): Promise<Report> {
  const host = await surroundings()
  const checks = [
    ...systemChecks(host),
    ...hypervisorChecks(config, host),
    ...toolChecks(),
    ...storageChecks(config, pools),
    ...networkChecks(config, host),
  ]
  return report(version.version, await examine(checks, deadlineMs))
}

const systemChecks = (host: Surroundings): Check[] => [
  check({
    id: 'privileges',
    title: 'Privileges',
    gather: async () => process.getuid?.() ?? 0,
    judge: judgePrivileges,
  }),
  check({ id: 'init', title: 'Init system', gather: async () => host, judge: judgeInit }),
  check({
    id: 'clock',
    title: 'Clock',
    gather: (signal) => clockFacts(host.systemd, signal),
    judge: (facts) => judgeClock(facts, host),
  }),
  check({ id: 'cgroups', title: 'Control groups', gather: cgroupFacts, judge: judgeCgroups }),
]

const hypervisorChecks = ({ libvirtUri }: Examined, host: Surroundings): Check[] => [
  check({
    id: 'kvm',
    title: 'KVM',
    gather: async () => {
      const [reason, processor] = await Promise.all([probeAccelerator('kvm', probeMs), processorFacts()])
      return { ...processor, reason }
    },
    judge: (facts) => judgeKvm(facts, host),
  }),
  check({
    id: 'libvirt',
    title: 'libvirt',
    gather: (signal) => libvirtFacts(libvirtUri, signal),
    judge: (facts) => judgeLibvirt(facts, host),
  }),
  ...(['virtlogd', 'virtlockd'] as const).map((name) =>
    check({
      id: name,
      title: name,
      gather: () => daemonFacts(name, libvirtUri),
      judge: (facts) => judgeDaemon(facts, host),
    }),
  ),
]

const files: readonly FileSpec[] = [
  {
    id: 'files.ovmf',
    title: 'UEFI firmware',
    paths: [plainUefi.code, plainUefi.variables],
    debian: 'ovmf',
    purpose: 'guests with UEFI cannot be made',
  },
  {
    id: 'files.ipxe-rom',
    title: 'Network card ROMs',
    paths: ['/usr/lib/ipxe/qemu/pxe-virtio.rom', '/usr/lib/ipxe/qemu/efi-virtio.rom'],
    debian: 'ipxe-qemu',
    purpose: 'guests cannot start, since their network cards lack firmware',
  },
]

const toolChecks = (): Check[] => [
  ...tools.map((spec) =>
    check({
      id: `tool.${spec.name}`,
      title: spec.name,
      gather: (signal) => toolFacts(spec, signal),
      judge: (facts) => judgeTool(spec, facts),
    }),
  ),
  ...files.map((spec) =>
    check({
      id: spec.id,
      title: spec.title,
      gather: () => missingFiles(spec.paths),
      judge: (missing) => judgeFiles(spec, missing),
    }),
  ),
]

const gib = 2 ** 30
const stateSpace = { warnBytes: 10 * gib, failBytes: gib }
const libvirtSpace = { warnBytes: gib, failBytes: gib / 10 }

const storageChecks = ({ dataDir }: Examined, pools: readonly string[]): Check[] => [
  check({
    id: 'data-dir',
    title: 'Data directory',
    gather: () => dataDirFacts(dataDir),
    judge: judgeDataDir,
  }),
  check({
    id: 'reserve',
    title: 'Reserve',
    gather: async () => reserveFacts(dataDir, (await lockInode(await lockName(dataDir))) !== undefined),
    judge: judgeReserve,
  }),
  ...[dataDir, ...pools.filter((pool) => !pool.startsWith(`${dataDir}/`))].map((path) =>
    spaceCheck(path, stateSpace),
  ),
  spaceCheck('/var/lib/libvirt', libvirtSpace),
  ...pools.map((pool) =>
    check({ id: `reach.${pool}`, title: 'Way to disks', gather: () => reachFacts(pool), judge: judgeReach }),
  ),
  check({
    id: 'apparmor',
    title: 'AppArmor',
    gather: () => appArmorFacts(pools, helperProfiles),
    judge: judgeAppArmor,
  }),
  check({
    id: 'selinux',
    title: 'SELinux',
    gather: async () => ({ mode: await selinuxMode(), pool: pools[0] ?? dataDir }),
    judge: judgeSelinux,
  }),
]

const spaceCheck = (path: string, limits: typeof stateSpace): Check =>
  check({
    id: `space.${path}`,
    title: 'Free space',
    gather: () => spaceFacts(path),
    judge: (facts) => judgeSpace(facts, limits),
  })

const networkChecks = ({ dataDir, listen }: Examined, host: Surroundings): Check[] => [
  check({
    id: 'port',
    title: 'Listening address',
    gather: async () =>
      portFacts({ host: listen.host, port: listen.port, lockName: await lockName(dataDir) }),
    judge: (facts) => judgePort(facts, host),
  }),
  check({ id: 'modules', title: 'Kernel modules', gather: moduleFacts, judge: judgeModules }),
  check({ id: 'ip-forward', title: 'IP forwarding', gather: forwardingFacts, judge: judgeForwarding }),
  check({ id: 'forward-policy', title: 'Foreign firewalls', gather: forwardFacts, judge: judgeForward }),
  check({
    id: 'br-netfilter',
    title: 'Bridge filter',
    gather: bridgeFilterFacts,
    judge: judgeBridgeFilter,
  }),
]

/** The command: prints the report and ends the process with its exit code, whatever still hangs. */
export async function doctor(flags: Flags & { json?: boolean }, env: NodeJS.ProcessEnv): Promise<void> {
  const { config, wrong } = configOrDefaults(flags, env)
  const seen = await lookAtHost(config, await poolsOf(config.dataDir))
  const configuration = wrong
    ? failing(wrong, 'correct it there; everything below is judged by the defaults')
    : ok(`data in ${config.dataDir}, ${config.listen.url}, ${config.libvirtUri}`)
  const finding = { id: 'configuration', title: 'Configuration', ...configuration }
  const whole = report(seen.version, [finding, ...seen.findings])
  const text = flags.json ? `${JSON.stringify(whole, null, 2)}\n` : reportText(whole, paint)
  process.stdout.write(text, () => process.exit(whole.exit))
}

function configOrDefaults(flags: Flags, env: NodeJS.ProcessEnv): { config: Config; wrong: string } {
  try {
    return { config: loadConfig(flags, env), wrong: '' }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: loadConfig({ config: '/dev/null' }, {}), wrong: error.message }
  }
}

const colours = { ok: 'green', warning: 'yellow', error: 'red', unknown: 'cyan' } as const

/** Plain text unless stdout is a terminal that takes colour. */
const paint = (state: FindingState, text: string) =>
  styleText(colours[state], text, { stream: process.stdout })

const askMs = 5_000

/** Those of the appliance that runs; where none answers, the one that the first start makes. */
async function poolsOf(dataDir: string): Promise<string[]> {
  const first = [join(dataDir, 'pools', 'local')]
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), askMs).unref())
  const asked = localCall(dataDir, 'GET', '/storage_pools/').catch(() => undefined)
  const pools = (await Promise.race([asked, late])) as { target: string }[] | undefined
  return pools && pools.length > 0 ? pools.map(({ target }) => target) : first
}
