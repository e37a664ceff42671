import './tasks.css'
import { Button } from '@patternfly/react-core'
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon'
import AngleRightIcon from '@patternfly/react-icons/dist/esm/icons/angle-right-icon'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Task } from '../api/live-tasks.ts'
import { AgoText } from '../ui/AgoText.tsx'
import { TaskBody } from './TaskBody.tsx'
import { TaskMenu } from './TaskMenu.tsx'
import { TaskProgress } from './TaskProgress.tsx'
import { TaskState } from './TaskState.tsx'

/** A task in a line, as an item of a list (`<ul className="task-rows">`): what it does, where it is, and all of it unfolded. */
export function TaskRow({ task }: { task: Task }) {
  const { t } = useTranslation('tasks')
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  return (
    <li className="task-row">
      <div className="task-line">
        <Button
          variant="plain"
          size="sm"
          aria-expanded={isOpen}
          aria-controls={id}
          aria-label={t('stepsOf', { title: task.title })}
          icon={isOpen ? <AngleDownIcon /> : <AngleRightIcon />}
          onClick={() => setOpen(!isOpen)}
        />
        <span className="task-line-state">
          <TaskState task={task} />
        </span>
        <Link className="task-line-title" to="/tasks/$id" params={{ id: task.id }}>
          {task.title}
        </Link>
        <span className="task-line-where">
          {task.error && task.state !== 'cancelled' ? (
            <span className="task-line-error" title={task.error.message}>
              {task.error.message}
            </span>
          ) : (
            <TaskProgress task={task} />
          )}
        </span>
        <span className="task-line-who">{task.who}</span>
        <span className="task-line-when">
          <AgoText time={task.finish_time ?? task.start_time ?? task.create_time} />
        </span>
        <span className="task-line-menu">
          <TaskMenu task={task} />
        </span>
      </div>
      {isOpen && (
        <div id={id} className="task-row-body">
          <TaskBody task={task} />
        </div>
      )}
    </li>
  )
}
