import { Label } from '@patternfly/react-core'
import BanIcon from '@patternfly/react-icons/dist/esm/icons/ban-icon'
import CheckIcon from '@patternfly/react-icons/dist/esm/icons/check-icon'
import { useTranslation } from 'react-i18next'
import { actionOf } from './rules.ts'

/** Accept or reject: a word with an icon and a colour. */
export function ActionLabel({ action }: { action: string }) {
  const { t } = useTranslation('policies')
  const isAccepted = actionOf(action) === 'accept'
  return (
    <Label isCompact color={isAccepted ? 'green' : 'red'} icon={isAccepted ? <CheckIcon /> : <BanIcon />}>
      {t(isAccepted ? 'accept' : 'reject')}
    </Label>
  )
}
