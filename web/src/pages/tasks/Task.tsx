import './tasks.css'
import { Button, PageSection, Skeleton, Title } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { TaskDetails } from '../../api/live-tasks.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { TaskBody, taskReading } from '../../components/TaskBody.tsx'
import { TaskProgress } from '../../components/TaskProgress.tsx'
import { TaskState } from '../../components/TaskState.tsx'
import { useTaskActions } from '../../components/use-task-actions.ts'
import { TaskDialog } from './TaskDialog.tsx'
import { TaskFacts } from './TaskFacts.tsx'

const route = getRouteApi('/framed/tasks/$id')

/** One task: its state, its steps as they go, and what can be done with it. */
export function Task() {
  const { id } = route.useParams()
  const { t } = useTranslation('tasks')
  const { data, error, refetch } = useQuery(taskReading(id))
  const crumbs = [{ title: t('tasks'), to: '/tasks' }]
  if (data) return <Loaded task={data} crumbs={crumbs} />
  return (
    <>
      <PageHead title={id} crumbs={crumbs} />
      <Needs permission="task.read">
        <PageSection isFilled>
          {error ? <Refusal error={error} onRetry={() => void refetch()} /> : <Skeleton />}
        </PageSection>
      </Needs>
    </>
  )
}

function Loaded({ task, crumbs }: { task: TaskDetails; crumbs: { title: string; to: string }[] }) {
  const { t } = useTranslation('tasks')
  const { dialog } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <>
      <PageHead
        title={task.title}
        crumbs={crumbs}
        state={<TaskState task={task} />}
        actions={<Actions task={task} onAsk={(verb) => void navigate({ search: { dialog: verb } })} />}
      />
      <PageSection isFilled>
        <div className="task-page">
          <section>
            <TaskProgress task={task} />
            <Title headingLevel="h2" size="lg">
              {t('steps')}
            </Title>
            <TaskBody task={task} />
          </section>
          <TaskFacts task={task} />
        </div>
      </PageSection>
      {dialog && <TaskDialog task={task} verb={dialog} onClose={() => void navigate({ search: {} })} />}
    </>
  )
}

interface ActionsProps {
  task: TaskDetails
  onAsk: (verb: 'skip' | 'abandon') => void
}

/** What fits the state is offered; what a permission stands against says so. */
function Actions({ task, onAsk }: ActionsProps) {
  const { t } = useTranslation('tasks')
  const isStuck = task.state === 'stuck'
  const isLive = task.state === 'queued' || task.state === 'running'
  return useTaskActions(task)
    .filter(({ verb }) => (verb === 'cancel' ? isLive : isStuck))
    .map(({ verb, refusal, isPending, act }) => (
      <Button
        key={verb}
        variant={verb === 'abandon' ? 'danger' : verb === 'retry' ? 'primary' : 'secondary'}
        isLoading={isPending}
        isAriaDisabled={refusal !== undefined}
        {...(refusal ? { title: refusal } : {})}
        onClick={() => (verb === 'skip' || verb === 'abandon' ? onAsk(verb) : act())}
      >
        {t(verb)}
      </Button>
    ))
}
