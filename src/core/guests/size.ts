import type { Resources } from '../identity/quotas.ts'
import type { Guest } from './guest.ts'

/** What a guest takes of its group's quota, beside being one. */
export const sizeOf = ({
  cores,
  memoryBytes,
  disks,
}: Pick<Guest, 'cores' | 'memoryBytes' | 'disks'>): Omit<Resources, 'guests'> => ({
  cores,
  memoryBytes,
  diskBytes: disks.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
})
