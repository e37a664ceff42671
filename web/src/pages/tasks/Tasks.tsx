import './tasks.css'
import { Button, PageSection, Pagination } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { hasEnded, type Task } from '../../api/live-tasks.ts'
import { readingPage } from '../../api/query.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { TaskMenu } from '../../components/TaskMenu.tsx'
import { TaskProgress } from '../../components/TaskProgress.tsx'
import { TaskState } from '../../components/TaskState.tsx'
import { AgoText } from '../../ui/AgoText.tsx'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { durationText, parseTime } from '../../ui/format.ts'
import { useNow } from '../../ui/use-now.ts'
import { TaskFilters } from './TaskFilters.tsx'
import { isFiltered, perPage, taskQuery } from './task-filter.ts'

const route = getRouteApi('/framed/tasks')

/** Everything that has run or still runs, newest first. */
export function Tasks() {
  const { t } = useTranslation('tasks')
  return (
    <>
      <PageHead title={t('tasks')} />
      <Needs permission="task.read">
        <PageSection isFilled>
          <TaskTable />
        </PageSection>
      </Needs>
    </>
  )
}

function TaskTable() {
  const { t } = useTranslation('tasks')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery(readingPage('/tasks', { params: { query: taskQuery(search) } }))
  const columns = useColumns()
  if (error && !data) return <Refusal error={error} onRetry={() => void refetch()} />
  return (
    <>
      <TaskFilters filter={search} onChange={(change) => void navigate({ search: change })} />
      <DataTable
        label={t('tasks')}
        columns={columns}
        rows={data?.tasks}
        rowKey={({ id }) => id}
        rowName={({ title }) => title}
        rowActions={(task) => <TaskMenu task={task} />}
        empty={<NoTasks isFiltered={isFiltered(search)} onClear={() => void navigate({ search: {} })} />}
      />
      {data && data.total > perPage && (
        <Pagination
          isCompact
          itemCount={data.total}
          perPage={perPage}
          page={search.page ?? 1}
          onSetPage={(_, page) => void navigate({ search: { ...search, page } })}
        />
      )}
    </>
  )
}

function useColumns(): Column<Task>[] {
  const { t, i18n } = useTranslation(['tasks', 'common'])
  return [
    {
      key: 'state',
      title: t('common:state'),
      modifier: 'nowrap',
      render: (task) => <TaskState task={task} />,
    },
    {
      key: 'what',
      title: t('what'),
      render: ({ id, title }) => (
        <Link to="/tasks/$id" params={{ id }}>
          {title}
        </Link>
      ),
    },
    {
      key: 'where',
      title: t('where'),
      render: (task) =>
        task.error && task.state !== 'cancelled' ? (
          <span className="task-error">{task.error.message}</span>
        ) : (
          <TaskProgress task={task} />
        ),
    },
    {
      key: 'who',
      title: t('who'),
      render: ({ who }) => <AppLink to={`/people/users/${encodeURIComponent(who)}`}>{who}</AppLink>,
    },
    {
      key: 'started',
      title: t('started'),
      modifier: 'nowrap',
      render: ({ start_time, create_time }) => <AgoText time={start_time ?? create_time} />,
    },
    {
      key: 'took',
      title: t('took'),
      modifier: 'nowrap',
      render: (task) => <Took task={task} language={i18n.language} />,
    },
  ]
}

function Took({ task, language }: { task: Task; language: string }) {
  const now = useNow(1000)
  if (!task.start_time) return null
  const end = task.finish_time ? parseTime(task.finish_time).getTime() : hasEnded(task) ? undefined : now
  return end === undefined
    ? null
    : durationText(Math.max(0, end - parseTime(task.start_time).getTime()) / 1000, language)
}

function NoTasks({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  const { t } = useTranslation(['tasks', 'common'])
  return isFiltered ? (
    <EmptyNote
      title={t('common:nothingFound')}
      action={
        <Button variant="link" onClick={onClear}>
          {t('common:clearFilters')}
        </Button>
      }
    >
      {t('common:nothingFoundHint')}
    </EmptyNote>
  ) : (
    <EmptyNote title={t('noTasks')} action={<Link to="/instances">{t('toInstances')}</Link>}>
      {t('noTasksHint')}
    </EmptyNote>
  )
}
