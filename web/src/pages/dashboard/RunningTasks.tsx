import { Card, CardBody, CardTitle, Title } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { hasEnded, type Task } from '../../api/live-tasks.ts'
import { reading } from '../../api/query.ts'
import { TaskProgress } from '../../components/TaskProgress.tsx'
import { TaskState } from '../../components/TaskState.tsx'

const shown = 6

/** What goes on now, else what ended last. */
export function RunningTasks() {
  const { t } = useTranslation('dashboard')
  const { data: live } = useQuery(reading('/tasks', { params: { query: { live: 'true', limit: '100' } } }))
  const { data: recent } = useQuery(reading('/tasks', { params: { query: { limit: '30' } } }))
  const running = (live?.tasks ?? []).filter((task) => !hasEnded(task))
  const tasks = [...running, ...(recent?.tasks ?? []).filter(hasEnded)].slice(0, shown)
  return (
    <Card isCompact>
      <CardTitle>
        <Title headingLevel="h2" size="md">
          {running.length > 0 ? t('running', { count: live?.total ?? 0 }) : t('lastTasks')}
        </Title>
      </CardTitle>
      <CardBody>
        {live && tasks.length === 0 && <p className="dashboard-subtle">{t('noTasks')}</p>}
        <ul className="dashboard-tasks">
          {tasks.map((task) => (
            <Line key={task.id} task={task} />
          ))}
        </ul>
        <Link to="/tasks">{t('allTasks')}</Link>
      </CardBody>
    </Card>
  )
}

const Line = ({ task }: { task: Task }) => (
  <li>
    <TaskState task={task} />
    <Link to="/tasks/$id" params={{ id: task.id }}>
      {task.title}
    </Link>
    <TaskProgress task={task} />
  </li>
)
