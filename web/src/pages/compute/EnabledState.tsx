import { Label } from '@patternfly/react-core'
import BanIcon from '@patternfly/react-icons/dist/esm/icons/ban-icon'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import { useTranslation } from 'react-i18next'

/** Whether a pool or a cell takes new guests; of a cell also whether it answers. */
export function EnabledState({ isEnabled, isAlive = true }: { isEnabled: boolean; isAlive?: boolean }) {
  const { t } = useTranslation('compute')
  if (!isAlive)
    return (
      <Label isCompact variant="outline" color="red" icon={<ExclamationCircleIcon />}>
        {t('offline')}
      </Label>
    )
  return (
    <Label
      isCompact
      variant="outline"
      color={isEnabled ? 'green' : 'grey'}
      icon={isEnabled ? <CheckCircleIcon /> : <BanIcon />}
    >
      {t(isEnabled ? 'enabled' : 'disabled')}
    </Label>
  )
}
