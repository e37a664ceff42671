import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Task } from '../api/live-tasks.ts'
import { AgoText } from '../ui/AgoText.tsx'
import { TaskProgress } from './TaskProgress.tsx'
import { TaskState } from './TaskState.tsx'

export interface TaskSummaryProps {
  /** Those that have not ended, newest first; a stuck one among them waits for a person. */
  running: readonly Task[]
  /** Of them, also those that are not at hand. */
  total: number
  last: Task | undefined
}

/** The drawer in one line: how many tasks go on, what the newest does, and how the last one ended. */
export function TaskSummary({ running, total, last }: TaskSummaryProps) {
  const { t } = useTranslation('tasks')
  const stuck = running.filter(({ state }) => state === 'stuck')
  const active = running.find(({ state }) => state !== 'stuck')
  const activeCount = Math.max(0, total - stuck.length)
  const alarming = stuck[0] ?? (last?.state === 'failed' ? last : undefined)
  return (
    <div className="task-summary">
      <span className="task-summary-count">
        {activeCount > 0 ? t('countRunning', { count: activeCount }) : t('nothingRuns')}
      </span>
      {stuck.length > 0 && (
        <Link to="/tasks" search={{ state: 'stuck' }} className="task-summary-stuck">
          {t('countStuck', { count: stuck.length })}
        </Link>
      )}
      {active && (
        <span className="task-summary-active">
          <Link to="/tasks/$id" params={{ id: active.id }}>
            {active.title}
          </Link>
          <TaskProgress task={active} />
        </span>
      )}
      {last && (
        <span className="task-summary-last">
          <TaskState task={last} />
          <Link to="/tasks/$id" params={{ id: last.id }}>
            {last.title}
          </Link>
          {last.finish_time && <AgoText time={last.finish_time} />}
        </span>
      )}
      <span role="status" className="pf-v6-screen-reader">
        {alarming && `${alarming.title}: ${t(alarming.state)}`}
      </span>
    </div>
  )
}
