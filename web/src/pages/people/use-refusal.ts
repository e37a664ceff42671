import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'

/** Why one may change nobody; undefined where one may. */
export function useRefusal(): string | undefined {
  const { t } = useTranslation()
  return useMay('identity.write') ? undefined : t('missingPermission', { permission: 'identity.write' })
}
