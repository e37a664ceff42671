import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../../api/query.ts'
import { Note } from '../../../ui/Note.tsx'
import type { GuestDetail } from '../use-guest.ts'

/** What is wrong with the guest, each with what puts it right; nothing where all is well. */
export function Wrong({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation('instance')
  const { data: needs = [] } = useQuery(reading('/attention'))
  const query = { subject: `guest:${guest.id}`, state: 'stuck' as const }
  const { data: stuck } = useQuery(reading('/tasks', { params: { query } }))
  const own = needs.filter(({ kind, subject }) => kind === 'guest' && subject === guest.id)
  return (
    <>
      {own.map(({ id, severity, sentence, mend }) => (
        <Note key={id} kind={severity === 'error' ? 'danger' : 'warning'} title={sentence}>
          {mend}
        </Note>
      ))}
      {own.length === 0 && guest.state === 'paused' && (
        <Note kind="warning" title={t('isPaused')}>
          {guest.state_reason}
        </Note>
      )}
      {guest.state === 'crashed' && (
        <Note kind="danger" title={t('hasCrashed')}>
          {t('crashedMend')}
        </Note>
      )}
      {guest.lost && (
        <Note kind="danger" title={t('isLost', { cell: guest.cell })}>
          {t('lostMend')}
        </Note>
      )}
      {stuck?.tasks.map((task) => (
        <Note
          key={task.id}
          kind="danger"
          title={t('stuckTask', { title: task.title })}
          actions={
            <Link to="/tasks/$id" params={{ id: task.id }}>
              {t('toStuckTask')}
            </Link>
          }
        >
          {task.error?.message}
        </Note>
      ))}
    </>
  )
}
