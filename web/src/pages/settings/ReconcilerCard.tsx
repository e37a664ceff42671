import { Button, Card, CardBody, CardTitle } from '@patternfly/react-core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { agoText } from '../../ui/format.ts'

const refetchMs = 10_000

/** What keeps the record and the hosts equal, and how its last pass went. */
export function ReconcilerCard() {
  const { t, i18n } = useTranslation(['settings', 'common'])
  const mayRun = useMay('system.write')
  const list = useQuery({ ...reading('/reconcilers'), refetchInterval: refetchMs })
  const run = useMutation({
    mutationFn: (name: string) => call('post', '/reconcilers/{name}', { params: { path: { name } } }),
    onSuccess: () => list.refetch(),
  })
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('reconcilers')}</CardTitle>
      <CardBody>
        <p>{t('reconcilersText')}</p>
        <Refusal error={list.error ?? run.error} />
        <DataTable
          label={t('reconcilers')}
          rows={list.data}
          rowKey={({ name }) => name}
          columns={[
            { key: 'name', title: t('common:name'), render: ({ name }) => name },
            {
              key: 'last',
              title: t('lastPass'),
              modifier: 'nowrap',
              render: ({ last_time }) =>
                last_time ? agoText(last_time, list.dataUpdatedAt, i18n.language) : t('neverRun'),
            },
            {
              key: 'repaired',
              title: t('repaired'),
              modifier: 'breakWord',
              render: ({ repaired }) => repaired.join('; ') || t('nothing'),
            },
            {
              key: 'error',
              title: t('failed'),
              modifier: 'breakWord',
              render: ({ error, findings }) =>
                [error, ...findings].filter(Boolean).join('; ') || t('nothing'),
            },
          ]}
          rowActions={({ name, running }) => (
            <Button
              variant="link"
              isInline
              isDisabled={!mayRun}
              isLoading={running || (run.isPending && run.variables === name)}
              aria-label={t('runNamed', { name })}
              onClick={() => run.mutate(name)}
            >
              {t('runNow')}
            </Button>
          )}
          empty={<EmptyNote title={t('common:nothingFound')} />}
        />
      </CardBody>
    </Card>
  )
}
