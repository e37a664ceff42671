import { Button } from '@patternfly/react-core'
import { useMutation, useQueries, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call } from '../api/client.ts'
import { reading } from '../api/query.ts'
import { useSession } from '../api/session.ts'
import { DataTable } from '../ui/DataTable.tsx'
import { EmptyNote } from '../ui/EmptyNote.tsx'
import { durationText } from '../ui/format.ts'
import { Refusal } from './Refusal.tsx'

const refetchMs = 30_000

/** Sessions of a user, each of which can be ended. */
export function SessionTable({ user }: { user: string }) {
  const { t, i18n } = useTranslation('profile')
  const own = useSession()
  // Sessions are no rows of the zone, so the feed says nothing of them.
  const list = useQuery({ ...reading('/sessions'), refetchInterval: refetchMs })
  const known = useQueries({
    queries: (list.data ?? []).map((id) => reading('/sessions/{id}', { params: { path: { id } } })),
  })
  const sessions = known.flatMap(({ data }) => (data?.user === user ? [data] : []))
  const end = useMutation({
    mutationFn: (id: string) => call('delete', '/sessions/{id}', { params: { path: { id } } }),
    onSuccess: () => list.refetch(),
  })
  const isReady = list.isSuccess && known.every(({ isPending }) => !isPending)
  return (
    <>
      <Refusal error={end.error ?? list.error} />
      <DataTable
        label={t('sessions')}
        rows={isReady ? sessions : undefined}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'address',
            title: t('from'),
            render: ({ id, address }) => (id === own.id ? t('thisSession', { address }) : address),
          },
          {
            key: 'timeout',
            title: t('endsAfter'),
            render: ({ timeout }) => durationText(timeout, i18n.language),
          },
        ]}
        rowActions={({ id, address }) => (
          <Button
            variant="link"
            isInline
            isDisabled={id === own.id}
            isLoading={end.isPending && end.variables === id}
            aria-label={t('endSessionFrom', { address })}
            onClick={() => end.mutate(id)}
          >
            {t('endSession')}
          </Button>
        )}
        empty={<EmptyNote title={t('noSessions')} />}
      />
    </>
  )
}
