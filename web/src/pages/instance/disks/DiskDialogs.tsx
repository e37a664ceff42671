import { useDialog } from '../../../components/use-dialog.ts'
import type { GuestDetail } from '../use-guest.ts'
import type { Disk } from './disk.ts'
import { InsertMedia } from './InsertMedia.tsx'
import { ResetSystem } from './ResetSystem.tsx'
import { ResizeDisk } from './ResizeDisk.tsx'
import { ShrinkDisk } from './ShrinkDisk.tsx'

/** The dialog that the address names. */
export function DiskDialogs({ guest, disks }: { guest: GuestDetail; disks: readonly Disk[] }) {
  const { dialog, of = '0', close } = useDialog()
  if (dialog === 'insert') return <InsertMedia guest={guest} onClose={close} />
  const disk = disks.find(({ index }) => String(index) === of)
  if (!disk) return null
  const shared = { guest, disk, onClose: close }
  if (dialog === 'resize') return <ResizeDisk {...shared} />
  if (dialog === 'shrink') return <ShrinkDisk {...shared} />
  if (dialog === 'resetSystem') return <ResetSystem {...shared} />
  return null
}
