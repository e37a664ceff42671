import './tasks.css'
import { Button } from '@patternfly/react-core'
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon'
import AngleUpIcon from '@patternfly/react-icons/dist/esm/icons/angle-up-icon'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { hasEnded, type Task } from '../api/live-tasks.ts'
import { reading } from '../api/query.ts'
import { useMay } from '../api/session.ts'
import { DrawerHandle } from './DrawerHandle.tsx'
import { bounded, type DrawerSize, rememberedSize, rememberSize } from './drawer-size.ts'
import { TaskRow } from './TaskRow.tsx'
import { TaskSummary } from './TaskSummary.tsx'

const liveReading = reading('/tasks', { params: { query: { live: 'true', limit: '100' } } })
const recentReading = reading('/tasks', { params: { query: { limit: '30' } } })

/** The tasks that run and those that ran last, at the foot of every page. */
export function TaskDrawer() {
  return useMay('task.read') ? <Drawer /> : null
}

function Drawer() {
  const { t } = useTranslation('tasks')
  const [size, setSize] = useState(rememberedSize)
  const { data: live } = useQuery(liveReading)
  const { data: recent } = useQuery(recentReading)
  const id = useId()
  const resize = (change: Partial<DrawerSize>) => {
    const next = { ...size, ...change }
    setSize(next)
    rememberSize(next)
  }
  const running = (live?.tasks ?? []).filter((task) => !hasEnded(task))
  const ended = (recent?.tasks ?? []).filter(hasEnded)
  const heightPx = bounded(size.heightPx, window.innerHeight)
  return (
    <section className="task-drawer" aria-label={t('tasks')}>
      {size.isOpen && (
        <DrawerHandle heightPx={heightPx} onResize={(height) => resize({ heightPx: height })} />
      )}
      <div className="task-drawer-line">
        <Button
          variant="plain"
          size="sm"
          aria-expanded={size.isOpen}
          aria-controls={id}
          icon={size.isOpen ? <AngleDownIcon /> : <AngleUpIcon />}
          onClick={() => resize({ isOpen: !size.isOpen })}
        >
          {t('tasks')}
        </Button>
        <TaskSummary running={running} total={live?.total ?? 0} last={lastEnded(ended)} />
        <Link to="/tasks">{t('allTasks')}</Link>
      </div>
      <div id={id} hidden={!size.isOpen} className="task-drawer-body" style={{ blockSize: heightPx }}>
        {size.isOpen && <Rows tasks={[...running, ...ended]} />}
      </div>
    </section>
  )
}

function Rows({ tasks }: { tasks: readonly Task[] }) {
  const { t } = useTranslation('tasks')
  if (tasks.length === 0) return <p className="task-drawer-empty">{t('noTasksYet')}</p>
  return (
    <ul className="task-rows">
      {tasks.map((task) => (
        <TaskRow key={task.id} task={task} />
      ))}
    </ul>
  )
}

/** Of those that ended, which did so last: lists are in the order in which tasks began. */
const lastEnded = (ended: readonly Task[]): Task | undefined =>
  ended.reduce<Task | undefined>(
    (last, task) => (!last || (task.finish_time ?? '') > (last.finish_time ?? '') ? task : last),
    undefined,
  )
