// The kernel's initiator, by iscsiadm: each LUN is a block device with a stable path.
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import { CommandError, run } from '../exec.ts'
import { requirePort, resolveName } from '../reach.ts'
import { iscsiadmFailure } from './failures.ts'
import * as iscsiadm from './iscsiadm.ts'
import { type Initiator, type Lun, portalText, type Target } from './lun.ts'
import { hostRecordFiles, type RecordFiles, writePassword } from './node-record.ts'

export interface KernelInitiatorOptions {
  target: Target
  /** What iscsid calls this host; it can have no second name. */
  hostIqn: string
  records?: RecordFiles
}

const lookMs = 10_000
/** udev makes the paths after a login or a rescan. */
const settleMs = 5_000
const stepMs = 200

export function createKernelInitiator({
  target,
  hostIqn,
  records = hostRecordFiles,
}: KernelInitiatorOptions): Initiator {
  let node: iscsiadm.Node | undefined
  const explained = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      throw iscsiadmFailure(error, target)
    }
  }
  const attached = async (): Promise<iscsiadm.Node> => {
    const session = (await iscsiadm.sessions()).find(({ iqn }) => iqn === target.iqn)
    node = session ?? (await logIn(target, records))
    return node
  }
  const pathOf = (lun: number) =>
    `/dev/disk/by-path/ip-${node?.portal ?? portalText(target.portal)}-iscsi-${target.iqn}-lun-${lun}`
  const rescanned = async () => iscsiadm.rescan(await attached())
  return {
    kind: 'kernel',
    async attach() {
      requireOneName(target, hostIqn)
      await explained(attached)
    },
    luns: () =>
      explained(async () => {
        await rescanned()
        const found: Lun[] = []
        for (const number of await iscsiadm.attachedLuns(target.iqn)) {
          const sizeBytes = await sizeOf(pathOf(number), settleMs)
          if (sizeBytes !== null) found.push({ number, sizeBytes })
        }
        return found
      }),
    sizeOf: (lun) =>
      explained(async () => {
        await rescanned()
        const numbers = await iscsiadm.attachedLuns(target.iqn)
        return numbers.includes(lun) ? sizeOf(pathOf(lun), settleMs) : null
      }),
    identityOf: async (lun) => `${target.iqn}/${await serialOf(pathOf(lun))}`,
    location: (lun) => ({ filename: pathOf(lun), format: 'raw' }),
    source: (lun) => ({ kind: 'block', path: pathOf(lun), format: 'raw' }),
    detach: () =>
      explained(async () => {
        const sessions = (await iscsiadm.sessions()).filter(({ iqn }) => iqn === target.iqn)
        for (const session of sessions) {
          await iscsiadm.logout(session)
          await iscsiadm.forget(session)
        }
      }),
  }
}

function requireOneName(target: Target, hostIqn: string): void {
  if (target.initiatorIqn !== hostIqn)
    throw new AppError(
      'unsupported',
      `the kernel's initiator calls this host ${hostIqn} (/etc/iscsi/initiatorname.iscsi): leave initiator_iqn out, or set ` +
        "the pool's initiator to 'qemu'",
      { field: 'initiator_iqn' },
    )
}

async function logIn(target: Target, records: RecordFiles): Promise<iscsiadm.Node> {
  await requirePort(target.portal, 'iSCSI')
  const node = await discovered(target)
  // Sessions come back when the appliance starts: with the host's own start, nobody would know which are still wanted.
  await iscsiadm.setRecord(node, 'node.startup', 'manual')
  if (target.chap) {
    await iscsiadm.setRecord(node, 'node.session.auth.authmethod', 'CHAP')
    await iscsiadm.setRecord(node, 'node.session.auth.username', target.chap.user)
    await writePassword(records, node, target.chap.password)
  }
  await iscsiadm.login(node)
  return node
}

/** A target may answer at several portals: the one that the pool names is taken, else the first. */
async function discovered(target: Target): Promise<iscsiadm.Node> {
  const portal = portalText(target.portal)
  const all = await iscsiadm.discover(portal)
  const nodes = all.filter(({ iqn }) => iqn === target.iqn)
  const address = await resolveName(target.portal.name)
  const own = nodes.find((node) => node.portal === portalText({ ...target.portal, name: address }))
  const node = own ?? nodes[0]
  if (node) return node
  throw new AppError(
    'unavailable',
    `the portal ${portal} offers no target ${target.iqn}; it offers ${all.map(({ iqn }) => iqn).join(', ') || 'none'}`,
    { field: 'target' },
  )
}

/** By a process, since a session that is lost lets it wait. */
async function sizeOf(path: string, waitMs: number): Promise<number | null> {
  for (let waitedMs = 0; ; waitedMs += stepMs) {
    try {
      const { stdout } = await run('blockdev', ['--getsize64', path], { timeoutMs: lookMs })
      return Number(stdout.trim())
    } catch (error) {
      if (!(error instanceof CommandError) || error.timedOut) throw error
      if (waitedMs >= waitMs) return null
      await delay(stepMs)
    }
  }
}

async function serialOf(path: string): Promise<string> {
  try {
    const { stdout } = await run('lsblk', ['--nodeps', '--noheadings', '--output', 'WWN', path], {
      timeoutMs: lookMs,
    })
    return stdout.trim()
  } catch (error) {
    if (error instanceof CommandError && !error.timedOut) return ''
    throw error
  }
}
