import { useNavigate } from '@tanstack/react-router'
import type { VerbGuest } from '../../../components/guest-verbs.ts'
import { useDialog } from '../../../components/use-dialog.ts'
import { DeleteSnapshot } from './DeleteSnapshot.tsx'
import { RestoreSnapshot } from './RestoreSnapshot.tsx'
import { TakeSnapshot } from './TakeSnapshot.tsx'
import { currentOf, type TreeEntry } from './tree.ts'
import type { SnapshotDetails } from './use-snapshots.ts'

export interface SnapshotDialogsProps {
  guest: VerbGuest & { memory: number }
  tree: Readonly<Record<string, TreeEntry>>
  details: ReadonlyMap<string, SnapshotDetails>
}

/** The dialog that the address names: `?dialog=takeSnapshot`, or one with the snapshot in `of`. */
export function SnapshotDialogs({ guest, tree, details }: SnapshotDialogsProps) {
  const { dialog, of, close } = useDialog()
  const navigate = useNavigate()
  const show = (snapshot?: string) =>
    void navigate({
      to: '/instances/$id/snapshots',
      params: { id: guest.id },
      search: snapshot === undefined ? {} : { snapshot },
      replace: true,
    })
  if (dialog === 'takeSnapshot') return <TakeSnapshot guest={guest} onTaken={show} onClose={close} />
  if (of === undefined || !(of in tree)) return null
  if (dialog === 'restoreSnapshot')
    return (
      <RestoreSnapshot
        guest={guest}
        name={of}
        details={details.get(of)}
        current={currentOf(tree)}
        onClose={close}
      />
    )
  if (dialog === 'deleteSnapshot')
    return <DeleteSnapshot id={guest.id} name={of} tree={tree} onDeleted={() => show()} onClose={close} />
  return null
}
