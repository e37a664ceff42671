import { Progress } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { Note } from '../../ui/Note.tsx'

/** How far the making of a guest is, or of its new system; the page of the guest follows by itself. */
export function Creating({ id, progress }: { id: string; progress: number }) {
  const { t } = useTranslation('instance')
  const { data } = useQuery(reading('/tasks', { params: { query: { subject: `guest:${id}`, limit: '1' } } }))
  const [task] = data?.tasks ?? []
  const isReset = task?.kind === 'guest.system.reset'
  const isStuck = task?.state === 'stuck'
  return (
    <EmptyNote
      title={isReset ? t('resettingTitle') : t('creatingTitle')}
      action={task && <AppLink to={`/tasks/${task.id}`}>{t('toTask')}</AppLink>}
    >
      {isStuck ? (
        <Note kind="danger" title={t('creatingStuck')}>
          {task.error?.message}
        </Note>
      ) : (
        <Progress
          className="creating-progress"
          value={progress}
          title={task?.step ? t('creatingStep', { step: task.step }) : t('creatingQueued')}
          aria-label={t('creatingTitle')}
        />
      )}
    </EmptyNote>
  )
}
