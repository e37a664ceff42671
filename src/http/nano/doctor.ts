import * as v from 'valibot'
import type { Doctor } from '../../core/doctor/doctor.ts'
import { type Operation, operation } from '../operation.ts'
import { text } from './identity-schemas.ts'

const finding = v.pipe(
  v.object({
    id: text('Stable id of the check, e.g. `kvm`.'),
    state: v.pipe(
      v.picklist(['ok', 'warning', 'error', 'unknown']),
      v.description('`unknown` where it could not be looked at.'),
    ),
    title: text('What was looked at.'),
    detail: text('What was found.'),
    mend: v.nullable(text('The command that puts it right; null where nothing is wrong.')),
  }),
  v.metadata({ ref: 'Finding' }),
)

export const doctorOperations = ({ doctor }: { doctor: Doctor }): Operation[] => [
  operation({
    id: 'doctor.examine',
    method: 'GET',
    path: '/doctor',
    summary: 'Look at the host: what is wrong with it, and the command that mends it',
    description: 'The findings of `nacelle doctor`. Takes up to a few seconds.',
    tag: 'System',
    reply: v.pipe(
      v.object({
        version: text('Version of Nacelle.'),
        findings: v.array(finding),
        exit: v.pipe(
          v.picklist([0, 1, 2]),
          v.description('0: nothing is wrong, 1: there are warnings, 2: there are errors.'),
        ),
      }),
      v.metadata({ ref: 'DoctorReport' }),
    ),
    access: 'system.read',
    handle: async (op) => ({ data: await doctor.examine(op) }),
  }),
]
