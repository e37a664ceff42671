import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { hasEnded, type Task } from '../api/live-tasks.ts'
import { RowMenu } from '../ui/RowMenu.tsx'
import { useTaskActions } from './use-task-actions.ts'

/** What can be done with a task that has not ended. What leaves the host as it is asks first, on the task's page. */
export function TaskMenu({ task }: { task: Task }) {
  return hasEnded(task) ? null : <LiveTaskMenu task={task} />
}

function LiveTaskMenu({ task }: { task: Task }) {
  const { t } = useTranslation('tasks')
  const navigate = useNavigate()
  const verbs = useTaskActions(task)
    .filter(({ verb }) => (verb === 'cancel') !== (task.state === 'stuck'))
    .map(({ verb, refusal, act }) => ({
      key: verb,
      title: t(verb),
      refusal,
      isDanger: verb === 'abandon',
      onChoose: () => {
        if (verb === 'cancel' || verb === 'retry') return act()
        void navigate({ to: '/tasks/$id', params: { id: task.id }, search: { dialog: verb } })
      },
    }))
  return <RowMenu name={task.title} verbs={verbs} />
}
