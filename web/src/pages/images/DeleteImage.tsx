import { useTranslation } from 'react-i18next'
import { usePlan } from '../../api/plan.ts'
import { useChange } from '../../api/query.ts'
import { PlanPreview } from '../../components/PlanPreview.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { ImageUsers } from './ImageUsers.tsx'
import { usersOf } from './image-users.ts'
import { type Image, imagePaths } from './images-api.ts'

export interface DeleteImageProps {
  kind: ImageKind
  image: Image
  onClose: () => void
  onDeleted: () => void
}

/** Says what is lost, or who needs the image, before it is asked. */
export function DeleteImage({ kind, image, onClose, onDeleted }: DeleteImageProps) {
  const { t } = useTranslation(['images', 'common'])
  const params = { path: { id: image.id } }
  const asked = usePlan('delete', imagePaths[kind], { params })
  const remove = useChange('delete', imagePaths[kind], { onSuccess: onDeleted })
  const users = usersOf(asked.error)
  return (
    <Confirm
      title={t('deleteTitle', { name: image.name })}
      verb={t('common:delete')}
      isDanger
      isReady={asked.data !== undefined && !asked.error}
      isPending={remove.isPending}
      error={<Refusal error={remove.error} />}
      onConfirm={() => remove.mutate({ params })}
      onClose={onClose}
    >
      {!asked.error && <p>{t(image.created ? 'deleteText' : 'deleteEmptyText')}</p>}
      <PlanPreview asked={asked} mend={users.length > 0 && <ImageUsers users={users} />} />
    </Confirm>
  )
}
