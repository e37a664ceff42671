import { Button, Card, CardBody, CardHeader, CardTitle, Stack, StackItem } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readingPage } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { TaskRow } from '../../components/TaskRow.tsx'
import { AgoText } from '../../ui/AgoText.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { useGuestId } from './use-guest.ts'

const pageSize = 20

/** What was done to the guest: its tasks with their steps, and what they changed in the record. */
export function GuestTasks() {
  const id = useGuestId()
  const mayReadJournal = useMay('journal.read')
  return (
    <Stack hasGutter>
      <StackItem>
        <Tasks id={id} />
      </StackItem>
      {mayReadJournal && (
        <StackItem>
          <Journal id={id} />
        </StackItem>
      )}
    </Stack>
  )
}

function Tasks({ id }: { id: string }) {
  const { t } = useTranslation('instance')
  const [limit, setLimit] = useState(pageSize)
  const query = { subject: `guest:${id}`, limit: String(limit) }
  const { data, error, refetch } = useQuery(readingPage('/tasks', { params: { query } }))
  return (
    <Card isCompact>
      <CardHeader>
        <CardTitle component="h2">{t('tasks')}</CardTitle>
      </CardHeader>
      <CardBody>
        {error && <Refusal error={error} onRetry={() => void refetch()} />}
        {data?.tasks.length === 0 && <p>{t('noTasks')}</p>}
        <ul className="task-rows">
          {data?.tasks.map((task) => (
            <TaskRow key={task.id} task={task} />
          ))}
        </ul>
        <More total={data?.total ?? 0} shown={limit} onMore={() => setLimit(limit + pageSize)} />
      </CardBody>
    </Card>
  )
}

function Journal({ id }: { id: string }) {
  const { t } = useTranslation('instance')
  const [limit, setLimit] = useState(pageSize)
  const query = { table: 'guest', key: id, limit: String(limit) }
  const { data, error, refetch } = useQuery(readingPage('/journal', { params: { query } }))
  return (
    <Card isCompact>
      <CardHeader>
        <CardTitle component="h2">{t('journal')}</CardTitle>
      </CardHeader>
      <CardBody>
        {error ? (
          <Refusal error={error} onRetry={() => void refetch()} />
        ) : (
          <DataTable
            label={t('journal')}
            rows={data?.entries}
            rowKey={({ revision }) => String(revision)}
            columns={[
              { key: 'time', title: t('when'), render: ({ time }) => <AgoText time={time} /> },
              { key: 'who', title: t('who'), render: ({ who }) => who },
              { key: 'action', title: t('what'), render: ({ action }) => action },
            ]}
            empty={<p>{t('journalEmpty')}</p>}
          />
        )}
        <More total={data?.total ?? 0} shown={limit} onMore={() => setLimit(limit + pageSize)} />
      </CardBody>
    </Card>
  )
}

function More({ total, shown, onMore }: { total: number; shown: number; onMore: () => void }) {
  const { t } = useTranslation('instance')
  if (total <= shown) return null
  return (
    <Button variant="link" onClick={onMore}>
      {t('showMore', { count: total - shown })}
    </Button>
  )
}
