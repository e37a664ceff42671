import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../../api/query.ts'
import { Refusal } from '../../../components/Refusal.tsx'
import { TaskState } from '../../../components/TaskState.tsx'
import { AgoText } from '../../../ui/AgoText.tsx'

const shown = 4

/** The newest tasks of the guest in a line each. */
export function LastTasks({ id }: { id: string }) {
  const { t } = useTranslation('instance')
  const query = { subject: `guest:${id}`, limit: String(shown) }
  const { data, error, refetch } = useQuery(reading('/tasks', { params: { query } }))
  if (error) return <Refusal error={error} onRetry={() => void refetch()} />
  if (data?.tasks.length === 0) return <p>{t('noTasks')}</p>
  return (
    <ul className="plain-list last-tasks">
      {data?.tasks.map((task) => (
        <li key={task.id}>
          <TaskState task={task} />
          <Link to="/tasks/$id" params={{ id: task.id }} className="last-task-title">
            {task.title}
          </Link>
          <span className="last-task-who">{task.who}</span>
          <AgoText time={task.finish_time ?? task.create_time} />
        </li>
      ))}
    </ul>
  )
}
