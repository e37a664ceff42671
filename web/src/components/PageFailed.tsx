import { useTranslation } from 'react-i18next'
import { EmptyNote } from '../ui/EmptyNote.tsx'
import { Refusal } from './Refusal.tsx'

export function PageFailed({ error, reset }: { error: unknown; reset: () => void }) {
  const { t } = useTranslation('frame')
  return (
    <EmptyNote title={t('pageFailed')}>
      <Refusal error={error} onRetry={reset} />
    </EmptyNote>
  )
}
