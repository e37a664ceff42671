import { Label } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import PauseCircleIcon from '@patternfly/react-icons/dist/esm/icons/pause-circle-icon'
import { useTranslation } from 'react-i18next'

export function EnabledLabel({ isEnabled }: { isEnabled: boolean }) {
  const { t } = useTranslation('policies')
  return isEnabled ? (
    <Label isCompact status="success" icon={<CheckCircleIcon />}>
      {t('enabled')}
    </Label>
  ) : (
    <Label isCompact icon={<PauseCircleIcon />}>
      {t('disabled')}
    </Label>
  )
}
