import { List, ListItem } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePlan } from '../../../api/plan.ts'
import { reading, useChange } from '../../../api/query.ts'
import { fieldError } from '../../../components/field-error.ts'
import { shortName } from '../../../components/guest-verbs.ts'
import { bytesText } from '../../../ui/format.ts'
import type { DiskDialogProps } from './disk.ts'
import { ImageSelect } from './ImageSelect.tsx'
import { PlanDialog } from './PlanDialog.tsx'

const path = '/guests/{id}/system'

/** Puts a fresh clone of an image in the place of the system disk. */
export function ResetSystem({ guest, disk, onClose }: DiskDialogProps) {
  const { t, i18n } = useTranslation('instance')
  const [image, setImage] = useState(disk.image?.id ?? '')
  const { data: images } = useQuery(reading('/disk_images'))
  const request = { params: { path: { id: guest.id } }, body: { from_image: image } }
  const asked = usePlan('put', path, image ? request : undefined)
  const reset = useChange('put', path, { onSuccess: onClose })
  return (
    <PlanDialog
      title={t('resetSystemTitle', { name: shortName(guest) })}
      verb={t('resetSystemVerb')}
      isDanger
      isReady={image !== ''}
      asked={asked}
      field="from_image"
      change={reset}
      onConfirm={() => reset.mutate(request)}
      onClose={onClose}
    >
      <p>{t('resetSystemText')}</p>
      <List>
        <ListItem>{t('resetSystemLost', { size: bytesText(disk.size, i18n.language) })}</ListItem>
        <ListItem>{t('resetSystemKept')}</ListItem>
      </List>
      <ImageSelect
        id="system-image"
        label={t('diskImage')}
        images={images}
        value={image}
        emptyHint={t('noDiskImages')}
        error={fieldError(asked.error, 'from_image')}
        onChange={setImage}
      />
    </PlanDialog>
  )
}
