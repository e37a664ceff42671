// What initiators say, in words that name the cause and its mend.
import { AppError } from '../../core/errors.ts'
import { CommandError } from '../exec.ts'
import { portalText, type Target } from './lun.ts'

const authentication = (target: Target) =>
  target.chap
    ? `it refuses the CHAP user '${target.chap.user}' or its password`
    : 'it wants CHAP: give the pool chap_user and chap_secret'

/** Whether the target said that it has no such LUN. */
export const saysNoLun = (error: unknown): boolean =>
  error instanceof CommandError && /LOGICAL_UNIT_NOT_SUPPORTED|0x2500/.test(error.stderr + error.stdout)

/** Failures of libiscsi's tools and of QEMU's iSCSI driver. */
export function libiscsiFailure(error: unknown, target: Target): unknown {
  if (!(error instanceof CommandError)) return error
  const text = `${error.stderr}\n${error.stdout}`
  const at = portalText(target.portal)
  const said = (why: string) =>
    new AppError('unavailable', `the iSCSI target ${target.iqn} at ${at} cannot be used: ${why}`, {
      cause: error,
    })
  if (error.timedOut) return said('it does not answer')
  if (/Authentication failure|\(513\)/.test(text)) return said(authentication(target))
  if (/Authorization failure|\(514\)/.test(text))
    return said(`it does not admit the initiator ${target.initiatorIqn}: add that name to its access list`)
  if (/Target not found|\(515\)/.test(text)) return said('there is no such target; is the IQN right?')
  const socket = /socket error ([^.\n(]+)/.exec(text)?.[1]
  if (socket) return said(`${socket.trim().toLowerCase()}; does the target run?`)
  return error
}

/** What iscsiadm's exit codes mean (iscsiadm(8), checked against the real one: test/recorded/iscsiadm). */
const exitCodes: Record<number, (target: Target) => string> = {
  4: () => 'the connection to the portal broke',
  8: () => 'the portal did not answer in time',
  11: () => 'the portal did not answer in time; is the target up, and no firewall in between?',
  12: () => "this kernel has no iSCSI initiator (module iscsi_tcp): set the pool's initiator to 'qemu'",
  19: (target) => `the target refused the login: ${authentication(target)}`,
  20: () => 'iscsid does not run; mend it with: systemctl start iscsid',
  21: () => 'there is no such target at the portal; is the IQN right?',
  24: (target) => authentication(target),
}

/** `code` is what iscsiadm ended with. */
export function iscsiadmFailure(error: unknown, target: Target): unknown {
  if (!(error instanceof CommandError)) return error
  const words = error.timedOut ? 'it does not answer' : exitCodes[error.exitCode ?? -1]?.(target)
  if (!words) return error
  const at = portalText(target.portal)
  return new AppError('unavailable', `the iSCSI target ${target.iqn} at ${at} cannot be used: ${words}`, {
    cause: error,
  })
}
