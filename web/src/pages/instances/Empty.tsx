import { Button } from '@patternfly/react-core'
import CubesIcon from '@patternfly/react-icons/dist/esm/icons/cubes-icon'
import SearchIcon from '@patternfly/react-icons/dist/esm/icons/search-icon'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { useMissing } from '../../components/use-missing.ts'
import { EmptyNote } from '../../ui/EmptyNote.tsx'

/** Makes one guest, or many of a kind. */
export function CreateActions({ isNarrow }: { isNarrow: boolean }) {
  const { t } = useTranslation(['instances', 'common'])
  const navigate = useNavigate()
  const permission = 'guest.write'
  const refusal = useMissing(permission)
  const denied = refusal === undefined ? {} : { isAriaDisabled: true, title: refusal }
  return (
    <>
      {!isNarrow && (
        <Button variant="secondary" {...denied} onClick={() => void navigate({ to: '/instances/new-batch' })}>
          {t('createMany')}
        </Button>
      )}
      <Button {...denied} onClick={() => void navigate({ to: '/instances/new' })}>
        {t('create')}
      </Button>
    </>
  )
}

/** There is no guest at all: the way to the first one begins with an image. */
export function NoGuests() {
  const { t } = useTranslation('instances')
  const navigate = useNavigate()
  const { data: images } = useQuery({ ...reading('/disk_images'), enabled: useMay('image.read') })
  const isImageThere = (images?.length ?? 0) > 0
  return (
    <EmptyNote
      icon={CubesIcon}
      title={t('noGuests')}
      action={
        <>
          <Button onClick={() => void navigate({ to: isImageThere ? '/instances/new' : '/images/disk' })}>
            {isImageThere ? t('createFromImage') : t('uploadImage')}
          </Button>
          {!isImageThere && (
            <Button variant="link" onClick={() => void navigate({ to: '/instances/new' })}>
              {t('create')}
            </Button>
          )}
        </>
      }
    >
      {isImageThere ? t('noGuestsHint') : t('noImagesHint')}
    </EmptyNote>
  )
}

export function NothingFits({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation('common')
  return (
    <EmptyNote
      icon={SearchIcon}
      title={t('nothingFound')}
      action={
        <Button variant="link" onClick={onClear}>
          {t('clearFilters')}
        </Button>
      }
    >
      {t('nothingFoundHint')}
    </EmptyNote>
  )
}
