import { useTranslation } from 'react-i18next'
import { usePlan } from '../../../api/plan.ts'
import { useChange } from '../../../api/query.ts'
import { PlanPreview } from '../../../components/PlanPreview.tsx'
import { Refusal } from '../../../components/Refusal.tsx'
import { Confirm } from '../../../ui/Confirm.tsx'
import { currentOf, standingOn, type TreeEntry } from './tree.ts'

export interface DeleteSnapshotProps {
  id: string
  name: string
  tree: Readonly<Record<string, TreeEntry>>
  onDeleted: () => void
  onClose: () => void
}

/** Says what becomes of the data of a snapshot, and deletes it. */
export function DeleteSnapshot({ id, name, tree, onDeleted, onClose }: DeleteSnapshotProps) {
  const { t } = useTranslation('snapshots')
  const request = { params: { path: { id, name } } }
  const plan = usePlan('delete', '/instances/{id}/snapshots/{name}', request)
  const { mutate, isPending, error } = useChange('delete', '/instances/{id}/snapshots/{name}', {
    onSuccess: onDeleted,
  })
  const others = standingOn(tree, name)
  const standing = [...others, ...(currentOf(tree) === name ? [t('present')] : [])]
  return (
    <Confirm
      title={t('deleteTitle', { name })}
      verb={t('delete')}
      isDanger
      isPending={isPending}
      error={<Refusal error={error} />}
      onConfirm={() => mutate(request)}
      onClose={onClose}
    >
      <p>{t('deleteText')}</p>
      <p>
        {standing.length === 0
          ? t('deleteLeaf')
          : standing.length === 1
            ? t('deleteMerges', { name: standing[0] })
            : t('deleteHides', { names: standing.join(', ') })}
      </p>
      <PlanPreview asked={plan} />
    </Confirm>
  )
}
