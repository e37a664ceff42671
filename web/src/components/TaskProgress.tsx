import { useTranslation } from 'react-i18next'
import { hasEnded, type Task } from '../api/live-tasks.ts'
import { percentText } from '../ui/format.ts'

/** Where a task is: its step, and a bar while it goes on. */
export function TaskProgress({ task }: { task: Pick<Task, 'state' | 'step' | 'progress' | 'title'> }) {
  const { t, i18n } = useTranslation('tasks')
  const { state, step, progress, title } = task
  if (hasEnded(task)) return null
  if (state === 'queued') return <span className="task-step">{t('waitsForLock')}</span>
  return (
    <span className="task-progress">
      {state !== 'stuck' && (
        <progress className="task-progress-bar" max={100} value={progress} aria-label={title} />
      )}
      <span className="task-step">
        {state !== 'stuck' && percentText(progress / 100, i18n.language)} {step}
      </span>
    </span>
  )
}
