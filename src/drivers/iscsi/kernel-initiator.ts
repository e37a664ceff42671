import { AppError } from '../../core/errors.ts'
import type { Initiator, Target } from './lun.ts'
export function createKernelInitiator(_options: { target: Target }): Initiator {
  throw new AppError('unsupported', 'x')
}
