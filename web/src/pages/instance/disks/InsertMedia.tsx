import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePlan } from '../../../api/plan.ts'
import { reading, useChange } from '../../../api/query.ts'
import { fieldError } from '../../../components/field-error.ts'
import { shortName } from '../../../components/guest-verbs.ts'
import type { GuestDetail } from '../use-guest.ts'
import { ImageSelect } from './ImageSelect.tsx'
import { PlanDialog } from './PlanDialog.tsx'

const path = '/instances/{id}/media'

/** Puts a media image into the removable drive of a running guest. */
export function InsertMedia({ guest, onClose }: { guest: GuestDetail; onClose: () => void }) {
  const { t } = useTranslation('instance')
  const [source, setSource] = useState('')
  const { data: images } = useQuery(reading('/media_images'))
  const request = { params: { path: { id: guest.id } }, body: { source } }
  const asked = usePlan('post', path, source ? request : undefined)
  const insert = useChange('post', path, { onSuccess: onClose })
  return (
    <PlanDialog
      title={t('insertTitle', { name: shortName(guest) })}
      verb={t('insertVerb')}
      isReady={source !== ''}
      asked={asked}
      field="source"
      change={insert}
      onConfirm={() => insert.mutate(request)}
      onClose={onClose}
    >
      <ImageSelect
        id="media"
        label={t('mediaImage')}
        images={images}
        value={source}
        emptyHint={t('noMedia')}
        error={fieldError(asked.error, 'source')}
        onChange={setSource}
      />
    </PlanDialog>
  )
}
