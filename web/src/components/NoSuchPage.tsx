import { useTranslation } from 'react-i18next'
import { EmptyNote } from '../ui/EmptyNote.tsx'
import { AppLink } from './AppLink.tsx'

export function NoSuchPage() {
  const { t } = useTranslation('frame')
  return (
    <EmptyNote title={t('noSuchPage')} action={<AppLink to="/dashboard">{t('toDashboard')}</AppLink>}>
      {t('noSuchPageHint')}
    </EmptyNote>
  )
}
