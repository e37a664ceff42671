import { Label } from '@patternfly/react-core'
import BanIcon from '@patternfly/react-icons/dist/esm/icons/ban-icon'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon'
import HourglassIcon from '@patternfly/react-icons/dist/esm/icons/hourglass-half-icon'
import InProgressIcon from '@patternfly/react-icons/dist/esm/icons/in-progress-icon'
import UndoIcon from '@patternfly/react-icons/dist/esm/icons/undo-icon'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskState as State, Task } from '../api/live-tasks.ts'

interface Look {
  icon: ComponentType
  color: 'green' | 'grey' | 'orange' | 'red' | 'blue'
}

const looks: Record<State, Look> = {
  queued: { icon: HourglassIcon, color: 'grey' },
  running: { icon: InProgressIcon, color: 'blue' },
  unwinding: { icon: UndoIcon, color: 'orange' },
  done: { icon: CheckCircleIcon, color: 'green' },
  failed: { icon: ExclamationCircleIcon, color: 'red' },
  cancelled: { icon: BanIcon, color: 'grey' },
  superseded: { icon: BanIcon, color: 'grey' },
  stuck: { icon: ExclamationTriangleIcon, color: 'red' },
}

/** The state of a task as a word with icon and colour. */
export function TaskState({
  task: { state, cancel_requested },
}: {
  task: Pick<Task, 'state' | 'cancel_requested'>
}) {
  const { t } = useTranslation('tasks')
  const isCancelling = cancel_requested && state === 'running'
  const { icon: Icon, color } = looks[isCancelling ? 'unwinding' : state]
  return (
    <Label isCompact variant="outline" color={color} icon={<Icon />}>
      {t(isCancelling ? 'cancelling' : state)}
    </Label>
  )
}
