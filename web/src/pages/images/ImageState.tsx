import { Label } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import InProgressIcon from '@patternfly/react-icons/dist/esm/icons/in-progress-icon'
import OutlinedCircleIcon from '@patternfly/react-icons/dist/esm/icons/outlined-circle-icon'
import { useTranslation } from 'react-i18next'
import { percentText } from '../../ui/format.ts'
import type { Image } from './images-api.ts'

/** Whether an image has its content, in a word. */
export function ImageState({ image }: { image: Image }) {
  const { t, i18n } = useTranslation('images')
  const share = percentText(image.progress / 100, i18n.language)
  if (image.created)
    return (
      <Label isCompact status="success" icon={<CheckCircleIcon />}>
        {t('ready')}
      </Label>
    )
  if (image.upload !== undefined || image.progress > 0)
    return (
      <Label isCompact color="blue" icon={<InProgressIcon />}>
        {image.upload === undefined
          ? t('working', { share })
          : image.progress > 0
            ? t('uploadOpen', { share })
            : t('uploadIsOpen')}
      </Label>
    )
  return (
    <Label isCompact icon={<OutlinedCircleIcon />}>
      {t('noContent')}
    </Label>
  )
}
