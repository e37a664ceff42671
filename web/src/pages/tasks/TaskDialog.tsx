import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/live-tasks.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useTaskActions } from '../../components/use-task-actions.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { Note } from '../../ui/Note.tsx'

export interface TaskDialogProps {
  task: Task
  verb: 'skip' | 'abandon'
  onClose: () => void
}

/** Asks before the host is left as it is, whatever the record says. */
export function TaskDialog({ task, verb, onClose }: TaskDialogProps) {
  const { t } = useTranslation('tasks')
  const action = useTaskActions(task).find((one) => one.verb === verb)
  if (!action) return null
  return (
    <Confirm
      title={
        verb === 'skip' ? t('skipTitle', { step: task.step ?? '' }) : t('abandonTitle', { title: task.title })
      }
      verb={t(verb)}
      isDanger
      isPending={action.isPending}
      error={<Refusal error={action.error} />}
      onConfirm={() => action.act({ onDone: onClose, isQuiet: true })}
      onClose={onClose}
    >
      <p>{t(verb === 'skip' ? 'skipText' : 'abandonText')}</p>
      {action.refusal && <Note kind="warning" title={action.refusal} />}
    </Confirm>
  )
}
