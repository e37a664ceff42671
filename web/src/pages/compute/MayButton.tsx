import { Button, type ButtonProps } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'

/** A button that stays in sight without the permission, and then says which one is missing. */
export function MayButton({ permission, ...props }: ButtonProps & { permission: string }) {
  const { t } = useTranslation()
  return useMay(permission) ? (
    <Button {...props} />
  ) : (
    <Button {...props} isAriaDisabled title={t('missingPermission', { permission })} />
  )
}
