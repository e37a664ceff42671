import type { components } from '../../../api/schema.d.ts'
import type { GuestDetail } from '../use-guest.ts'

export type Disk = components['schemas']['GuestDisk']

export interface DiskDialogProps {
  guest: GuestDetail
  disk: Disk
  onClose: () => void
}
