// The initiator inside QEMU (libiscsi): needs nothing of the kernel. Guests, qemu-img and qemu-io log in by themselves.
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import type { LibvirtSecrets, VolumeLocation } from '../../core/volumes.ts'
import { CommandError, run } from '../exec.ts'
import { requirePort } from '../reach.ts'
import { libiscsiFailure, saysNoLun } from './failures.ts'
import { type Initiator, type Lun, portalText, type Target } from './lun.ts'

export interface QemuInitiatorOptions {
  target: Target
  /** Of the pool alone: the CHAP password lies there for qemu-img, readable by root only. */
  directory: string
  /** Name of the pool: how libvirt calls its secret. */
  pool: string
  libvirtSecrets: LibvirtSecrets
}

const commandMs = 20_000

export function createQemuInitiator(options: QemuInitiatorOptions): Initiator {
  const { target, directory, pool, libvirtSecrets } = options
  const passwordFile = join(directory, 'chap')
  /** The list rounds sizes, and each exact one takes a process: asked anew when the rounded one has changed. */
  const exact = new Map<number, { size: string; sizeBytes: number }>()
  const ask = (tool: string, words: readonly string[]) => askTarget(target, tool, words)
  return {
    kind: 'qemu',
    async attach() {
      await requirePort(target.portal, 'iSCSI')
      if (!target.chap) return
      await keepPassword(directory, passwordFile, target.chap.password)
      const { secretUuid: uuid, password: value } = target.chap
      await libvirtSecrets.define({ uuid, type: 'iscsi', usage: `nacelle/${pool}`, value })
    },
    async luns() {
      const shown = shownLuns(await listing(target), target)
      const found: Lun[] = []
      for (const { number, size } of shown) {
        const known = exact.get(number)
        const sizeBytes = known?.size === size ? known.sizeBytes : await this.sizeOf(number)
        if (sizeBytes === null) continue
        exact.set(number, { size, sizeBytes })
        found.push({ number, sizeBytes })
      }
      return found
    },
    async sizeOf(lun) {
      try {
        const { stdout } = await ask('iscsi-readcapacity16', ['-s', lunUrl(target, lun)])
        exact.delete(lun)
        return Number(stdout.trim())
      } catch (error) {
        if (saysNoLun((error as Error).cause ?? error)) return null
        throw error
      }
    },
    async identityOf(lun) {
      const { stdout } = await ask('iscsi-inq', ['-e', '1', '-c', '128', lunUrl(target, lun)])
      return `${target.iqn}/${/\[\s*(.*?)\s*\]/.exec(stdout)?.[1] ?? ''}`
    },
    location: (lun) => location(target, lun, passwordFile),
    source: (lun) => ({
      kind: 'network',
      protocol: 'iscsi',
      name: `${target.iqn}/${lun}`,
      hosts: [target.portal],
      ...(target.chap
        ? { auth: { user: target.chap.user, secretUuid: target.chap.secretUuid, type: 'chap' as const } }
        : {}),
      initiatorIqn: target.initiatorIqn,
      format: 'raw',
    }),
    async detach() {
      await rm(passwordFile, { force: true })
      if (target.chap) await libvirtSecrets.undefine(target.chap.secretUuid)
    },
  }
}

/** The tools read the credentials from the environment, which only root can see; arguments are for all to read. */
async function askTarget(target: Target, tool: string, words: readonly string[]) {
  const { chap, initiatorIqn } = target
  const env = chap ? { LIBISCSI_CHAP_USERNAME: chap.user, LIBISCSI_CHAP_PASSWORD: chap.password } : undefined
  try {
    return await run(tool, ['-i', initiatorIqn, ...words], {
      timeoutMs: commandMs,
      redact: chap ? [chap.password] : [],
      ...(env ? { env } : {}),
    })
  } catch (error) {
    throw libiscsiFailure(error, target)
  }
}

const portalUrl = ({ portal }: Target) => `iscsi://${portalText(portal)}`

const lunUrl = (target: Target, lun: number) => `${portalUrl(target)}/${target.iqn}/${lun}`

/** A portal's list breaks off at the first target that refuses us: what was printed before is good. */
async function listing(target: Target): Promise<string> {
  try {
    return (await askTarget(target, 'iscsi-ls', ['-s', portalUrl(target)])).stdout
  } catch (error) {
    const { cause } = error as Error
    const output = cause instanceof CommandError ? cause.stdout : ''
    const begun = output.split(/^Target:/m).slice(1)
    if (begun.slice(0, -1).some((section) => section.startsWith(`${target.iqn} `))) return output
    throw error
  }
}

/** The disks in what `iscsi-ls --show-luns` prints, with their rounded sizes; controllers and tapes are none. */
export function shownLuns(output: string, target: Target): { number: number; size: string }[] {
  const sections = output.split(/^Target:/m).slice(1)
  const names = sections.map((section) => section.split(/\s/)[0] ?? '')
  const own = sections[names.indexOf(target.iqn)]
  if (own === undefined)
    throw new AppError(
      'unavailable',
      `the portal ${portalText(target.portal)} offers no target ${target.iqn}; it offers ${names.join(', ') || 'none'}`,
      { field: 'target' },
    )
  return [...own.matchAll(/^Lun:(\d+)\s+Type:DIRECT_ACCESS(.*)$/gm)].map((match) => ({
    number: Number(match[1]),
    size: match[2] ?? '',
  }))
}

function location(target: Target, lun: number, passwordFile: string): VolumeLocation {
  // Source and target of one copy each bring their own.
  const secretId = `chap-${randomBytes(6).toString('hex')}`
  const file = {
    driver: 'iscsi',
    transport: 'tcp',
    portal: portalText(target.portal),
    target: target.iqn,
    lun,
    'initiator-name': target.initiatorIqn,
    ...(target.chap ? { user: target.chap.user, 'password-secret': secretId } : {}),
  }
  return {
    filename: `json:${JSON.stringify({ driver: 'raw', file })}`,
    format: 'raw',
    ...(target.chap ? { words: ['--object', `secret,id=${secretId},file=${passwordFile}`] } : {}),
  }
}

async function keepPassword(directory: string, file: string, password: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(file, password, { mode: 0o600 })
  await chmod(file, 0o600)
}
