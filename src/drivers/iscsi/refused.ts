import { AppError } from '../../core/errors.ts'

/** What a LUN cannot do, with the back ends that can. */
const backEnds = {
  'thin clones': 'dir, nfs and rbd',
  snapshots: 'dir, nfs and rbd',
  layers: 'dir and nfs',
  files: 'dir and nfs',
  'qcow2 disks': 'dir and nfs',
} as const

export const refusedHere = (what: keyof typeof backEnds) =>
  new AppError(
    'unsupported',
    `an iSCSI pool has no ${what}: a LUN is one raw disk; pools of type ${backEnds[what]} have them`,
    { details: { backEnds: backEnds[what].split(/, | and /) } },
  )
