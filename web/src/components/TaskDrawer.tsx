import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../api/query.ts'
import { AppLink } from './AppLink.tsx'

/** The tasks that run, at the foot of every page. */
export function TaskDrawer() {
  const { t } = useTranslation('frame')
  const { data } = useQuery(reading('/tasks', { params: { query: { live: 'true' } } }))
  return (
    <section className="task-drawer" aria-label={t('tasks')}>
      <AppLink to="/tasks">
        {t('tasks')} {data?.total ?? ''}
      </AppLink>
    </section>
  )
}
