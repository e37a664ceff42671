import { useTranslation } from 'react-i18next'
import { useMay } from '../api/session.ts'

/** That a permission is missing, in a sentence; undefined where it is not. */
export function useMissing(permission: string): string | undefined {
  const { t } = useTranslation()
  return useMay(permission) ? undefined : t('missingPermission', { permission })
}
