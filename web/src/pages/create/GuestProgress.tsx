import './create.css'
import { Flex, PageSection, Spinner } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { TaskBody } from '../../components/TaskBody.tsx'
import { TaskProgress } from '../../components/TaskProgress.tsx'
import { TaskState } from '../../components/TaskState.tsx'
import { Note } from '../../ui/Note.tsx'
import { useFirstStart } from './use-first-start.ts'

export interface GuestProgressProps {
  id: string
  /** From which it is started once it is there; undefined for none. */
  media: string | undefined
  startsWithHost: boolean
  /** Called when it was started. */
  onStarted: () => void
}

const lookMs = 2000

/** How far a creation is: its steps, and what comes of it. */
export function GuestProgress({ id, media, startsWithHost, onStarted }: GuestProgressProps) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  const guest = useQuery({
    ...reading('/guests/{id}', { params: { path: { id } } }),
    retry: false,
    refetchInterval: ({ state }) => (state.data?.created || state.error ? false : lookMs),
  })
  const mayReadTasks = useMay('task.read')
  const query = { subject: `guest:${id}`, kind: 'guest.create', limit: '1' }
  const { data: tasks } = useQuery({ ...reading('/tasks', { params: { query } }), enabled: mayReadTasks })
  const task = tasks?.tasks[0]
  const start = useFirstStart({ id, media, startsWithHost, isThere: guest.data?.created === true, onStarted })
  const name = guest.data?.name ?? task?.title ?? ''
  return (
    <>
      <PageHead
        title={guest.data?.created ? t('isThere', { name }) : t('isBeingMade', { name })}
        crumbs={[{ title: t('frame:instances'), to: '/instances' }]}
        state={task && <TaskState task={task} />}
      />
      <PageSection isFilled>
        <div className="create-progress">
          {task && <TaskProgress task={task} />}
          {guest.isPending && <Spinner size="md" aria-label={t('common:loading')} />}
          {guest.data?.created && <There id={id} isStarting={start.isStarting} />}
          {guest.error && <Failed error={guest.error} onRetry={() => void guest.refetch()} />}
          <Refusal error={start.error} onRetry={start.again} />
          {task && <TaskBody task={task} />}
        </div>
      </PageSection>
    </>
  )
}

function There({ id, isStarting }: { id: string; isStarting: boolean }) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  return (
    <Note
      kind="success"
      title={isStarting ? t('isStarting') : t('ready')}
      actions={
        <Flex>
          <Link to="/instances/$id/overview" params={{ id }}>
            {t('toInstance')}
          </Link>
          <Link to="/instances/$id/console" params={{ id }}>
            {t('toConsole')}
          </Link>
          <Link to="/instances/new">{t('another')}</Link>
        </Flex>
      }
    />
  )
}

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  return (
    <Refusal error={error} onRetry={onRetry}>
      <Link to="/instances/new">{t('startOver')}</Link>
    </Refusal>
  )
}
