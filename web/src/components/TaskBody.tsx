import './tasks.css'
import { Skeleton } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Task, TaskDetails } from '../api/live-tasks.ts'
import { reading } from '../api/query.ts'
import { AgoText } from '../ui/AgoText.tsx'
import { Note } from '../ui/Note.tsx'
import { AppLink } from './AppLink.tsx'
import { Refusal } from './Refusal.tsx'
import { TaskFailure } from './TaskFailure.tsx'
import { TaskSteps } from './TaskSteps.tsx'
import { subjectLink } from './task-subject.ts'

export const taskReading = (id: string) => reading('/tasks/{id}', { params: { path: { id } } })

/** All of a task: what it waits for, why it failed and what now, its steps with their commands, and what it is about. */
export function TaskBody({ task }: { task: Task }) {
  const { t } = useTranslation('tasks')
  const { data, error, refetch } = useQuery(taskReading(task.id))
  const subject = subjectLink(task)
  return (
    <div className="task-body">
      {data?.waits_for && <WaitsFor {...data.waits_for} />}
      <TaskFailure task={task} />
      {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton screenreaderText={t('stepsOf', { title: task.title })} />}
      {data && <TaskSteps task={data} />}
      {subject && <AppLink to={subject.path}>{t(subject.word)}</AppLink>}
    </div>
  )
}

function WaitsFor({ holder, title, step, since }: NonNullable<TaskDetails['waits_for']>) {
  const { t } = useTranslation('tasks')
  return (
    <Note kind="info" title={t('waitsForTask', { title })}>
      <Link to="/tasks/$id" params={{ id: holder }}>
        {t('toHolder')}
      </Link>{' '}
      · {step} · <AgoText time={since} />
    </Note>
  )
}
