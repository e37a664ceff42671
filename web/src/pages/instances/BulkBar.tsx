import { Button, Progress, Tooltip } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useVerbRefusal } from '../../components/GuestVerbs.tsx'
import { type BulkVerb, bulkVerbs } from '../../components/guest-verbs.ts'
import { Note } from '../../ui/Note.tsx'
import type { BulkProgress } from './use-bulk.ts'
import type { Guest } from './use-guest-rows.ts'

export interface BulkBarProps {
  guests: readonly Guest[]
  progress: BulkProgress | undefined
  onVerb: (verb: BulkVerb) => void
  onClear: () => void
  onDismiss: () => void
}

/** What can be done to all chosen guests: the verbs of the row menu in the same order, and how far the last one is. */
export function BulkBar({ guests, progress, onVerb, onClear, onDismiss }: BulkBarProps) {
  const { t } = useTranslation('instances')
  const isRunning = progress !== undefined && progress.done < progress.total
  if (guests.length === 0 && !progress) return null
  return (
    <section className="instances-bulk" aria-label={t('bulk')}>
      {guests.length > 0 && (
        <>
          <strong>{t('chosen', { count: guests.length })}</strong>
          {bulkVerbs.map((verb) => (
            <BulkButton
              key={verb}
              verb={verb}
              guests={guests}
              isBusy={isRunning}
              isLoading={isRunning && progress.verb === verb}
              onVerb={onVerb}
            />
          ))}
          <Button variant="link" size="sm" onClick={onClear}>
            {t('clearChosen')}
          </Button>
        </>
      )}
      {progress && <BulkNote progress={progress} onDismiss={onDismiss} />}
    </section>
  )
}

interface BulkButtonProps {
  verb: BulkVerb
  guests: readonly Guest[]
  isBusy: boolean
  isLoading: boolean
  onVerb: (verb: BulkVerb) => void
}

function BulkButton({ verb, guests, isBusy, isLoading, onVerb }: BulkButtonProps) {
  const { t } = useTranslation('instances')
  const refusalOf = useVerbRefusal()
  const refusals = guests.map((guest) => refusalOf(verb, guest))
  const refusal = refusals.every((reason) => reason !== undefined) ? refusals[0] : undefined
  const button = (
    <Button
      variant={verb === 'delete' ? 'danger' : 'secondary'}
      size="sm"
      isAriaDisabled={refusal !== undefined || isBusy}
      isLoading={isLoading}
      onClick={() => onVerb(verb)}
    >
      {t(verb)}
    </Button>
  )
  return refusal === undefined ? button : <Tooltip content={refusal}>{button}</Tooltip>
}

function BulkNote({ progress, onDismiss }: { progress: BulkProgress; onDismiss: () => void }) {
  const { t } = useTranslation(['instances', 'common'])
  const { verb, done, total, failed } = progress
  const title = t('bulkProgress', { action: t(`${verb}Verb`), done, total })
  return (
    <div className="instances-bulk-note" role="status">
      {done < total && <Progress value={(100 * done) / total} title={title} size="sm" />}
      {failed.length > 0 && (
        <Note
          kind="danger"
          title={t('bulkFailed', { action: t(`${verb}Verb`), count: failed.length })}
          actions={
            <Button variant="link" isInline onClick={onDismiss}>
              {t('common:close')}
            </Button>
          }
        >
          <ul>
            {failed.slice(0, 5).map(({ name, error }) => (
              <li key={name}>{t('bulkReason', { name, error })}</li>
            ))}
          </ul>
        </Note>
      )}
    </div>
  )
}
