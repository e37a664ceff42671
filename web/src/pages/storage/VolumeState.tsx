import { Label } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon'
import InProgressIcon from '@patternfly/react-icons/dist/esm/icons/in-progress-icon'
import TrashIcon from '@patternfly/react-icons/dist/esm/icons/trash-icon'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import type { VolumeStatus } from './ledger-rules.ts'

const looks: Record<
  VolumeStatus,
  { icon: ComponentType; color: 'green' | 'grey' | 'orange' | 'red' | 'blue' }
> = {
  owned: { icon: CheckCircleIcon, color: 'green' },
  creating: { icon: InProgressIcon, color: 'blue' },
  partial: { icon: InProgressIcon, color: 'grey' },
  unowned: { icon: ExclamationTriangleIcon, color: 'orange' },
  missing: { icon: ExclamationCircleIcon, color: 'red' },
  quarantined: { icon: TrashIcon, color: 'grey' },
}

/** The status of a volume as a word with icon and colour, and what it means at the pointer. */
export function VolumeState({ status }: { status: VolumeStatus }) {
  const { t } = useTranslation('storage')
  const { icon: Icon, color } = looks[status]
  return (
    <Label isCompact variant="outline" color={color} icon={<Icon />} title={t(`meaning_${status}`)}>
      {t(`status_${status}`)}
    </Label>
  )
}
