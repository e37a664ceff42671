import { Button, Title } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { reading } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { bytesText } from '../../ui/format.ts'
import { AdoptDomain } from './AdoptDomain.tsx'
import { MayButton } from './MayButton.tsx'

export type Domain = Answer<'/unmanaged_guests', 'get'>[number]

/** The domains of this host's libvirt that are no guests, and what stands in the way of making them ones. */
export function Unmanaged() {
  const { t } = useTranslation('compute')
  const { dialog, of, open, close } = useDialog()
  const columns = useColumns()
  const { data, error, refetch, isFetching } = useQuery(reading('/unmanaged_guests'))
  const chosen = data?.find(({ id }) => id === of)
  return (
    <section>
      <div className="compute-section-head">
        <Title headingLevel="h2" size="lg">
          {t('unmanaged')}
        </Title>
        <Button variant="link" isLoading={isFetching} onClick={() => void refetch()}>
          {t('lookAgain')}
        </Button>
      </div>
      <p className="compute-subtle">{t('unmanagedHint')}</p>
      {error && !data ? (
        <Refusal error={error} onRetry={() => void refetch()} />
      ) : (
        <DataTable
          label={t('unmanaged')}
          columns={columns}
          rows={data}
          rowKey={({ id }) => id}
          rowActions={({ id, adoptable }) => (
            <MayButton
              permission="system.write"
              variant="secondary"
              size="sm"
              onClick={() => open('adopt', id)}
            >
              {t(adoptable ? 'adopt' : 'whyNot')}
            </MayButton>
          )}
          empty={<p>{t('noUnmanaged')}</p>}
        />
      )}
      {dialog === 'adopt' && chosen && <AdoptDomain key={chosen.id} domain={chosen} onClose={close} />}
    </section>
  )
}

function useColumns(): Column<Domain>[] {
  const { t, i18n } = useTranslation(['compute', 'common'])
  return [
    { key: 'state', title: t('common:state'), render: ({ state }) => state },
    { key: 'name', title: t('common:name'), render: ({ name }) => name },
    {
      key: 'size',
      title: t('size'),
      render: ({ cores, memory }) => `${t('cores', { count: cores })} · ${bytesText(memory, i18n.language)}`,
    },
    {
      key: 'disks',
      title: t('disk'),
      modifier: 'breakWord',
      render: ({ disks }) => disks.map(({ path }) => <div key={path}>{path}</div>),
    },
    {
      key: 'refusals',
      title: t('inTheWay'),
      render: ({ refusals }) =>
        refusals.length === 0 ? (
          t('common:none')
        ) : (
          <ul className="compute-list">
            {refusals.map((refusal) => (
              <li key={refusal}>{refusal}</li>
            ))}
          </ul>
        ),
    },
  ]
}
