import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../api/session.ts'
import { EmptyNote } from '../ui/EmptyNote.tsx'

/** A page that only shows to who has the permission; to others it says which one is missing. */
export function Needs({ permission, children }: { permission: string; children: ReactNode }) {
  const { t } = useTranslation()
  return useMay(permission) ? children : <EmptyNote title={t('missingPermission', { permission })} />
}
