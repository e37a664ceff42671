import { Button } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/errors.ts'
import { Note } from '../ui/Note.tsx'

/** What the appliance said, in a sentence of the page's language where it said nothing itself. */
export function useRefusalText(): (error: unknown) => string {
  const { t } = useTranslation()
  return (error) => {
    if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
    if (error.code === 'unreachable') return t('unreachable')
    return error.code === 'internal' ? t('internal') : error.message
  }
}

/** Why something failed, with the id by which the log tells more, and a way to try it again. */
export function Refusal({
  error,
  onRetry,
  children,
}: {
  error: unknown
  onRetry?: () => void
  children?: ReactNode
}) {
  const { t } = useTranslation()
  const textOf = useRefusalText()
  if (!error) return null
  const requestId = error instanceof ApiError ? error.requestId : undefined
  return (
    <Note
      kind="danger"
      title={textOf(error)}
      {...(onRetry
        ? {
            actions: (
              <Button variant="link" isInline onClick={onRetry}>
                {t('retry')}
              </Button>
            ),
          }
        : {})}
    >
      {children}
      {requestId && <small>{t('requestId', { id: requestId })}</small>}
    </Note>
  )
}
