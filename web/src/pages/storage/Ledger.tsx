import { Pagination, Title } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { AgoText } from '../../ui/AgoText.tsx'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { bytesText } from '../../ui/format.ts'
import { LedgerFilters } from './LedgerFilters.tsx'
import { ownerPath, shownVolumes, type Volume } from './ledger-rules.ts'
import { PurgeVolume } from './PurgeVolume.tsx'
import { VolumeMenu } from './VolumeMenu.tsx'
import { VolumeState } from './VolumeState.tsx'

const route = getRouteApi('/framed/storage/$pool')
const perPage = 100

/** Every volume on the pool: whose it is, what nobody owns, what is missing, what waits in quarantine. */
export function Ledger({ pool }: { pool: string }) {
  const { t } = useTranslation(['storage', 'common'])
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery(
    reading('/storage_pools/{pool}/volumes', { params: { path: { pool } } }),
  )
  const columns = useColumns()
  const shown = data && shownVolumes(data, search)
  const page = Math.max(1, search.page ?? 1)
  const isFiltered = search.status !== undefined || search.q !== undefined
  return (
    <section>
      <Title headingLevel="h2" size="lg">
        {t('volumes')}
      </Title>
      {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
      {(data || !error) && (
        <>
          <LedgerFilters
            filter={search}
            volumes={data ?? []}
            onChange={(filter) => void navigate({ search: filter, replace: true })}
          />
          <DataTable
            label={t('volumes')}
            columns={columns}
            rows={shown?.slice((page - 1) * perPage, page * perPage)}
            rowKey={({ name }) => name}
            rowActions={(volume) => <VolumeMenu pool={pool} volume={volume} />}
            empty={
              <EmptyNote title={isFiltered ? t('common:nothingFound') : t('noVolumes')}>
                {isFiltered ? t('common:nothingFoundHint') : t('noVolumesHint')}
              </EmptyNote>
            }
          />
          {shown && shown.length > perPage && (
            <Pagination
              isCompact
              itemCount={shown.length}
              perPage={perPage}
              page={page}
              onSetPage={(_, next) => void navigate({ search: { ...search, page: next } })}
            />
          )}
        </>
      )}
      <PurgeVolume pool={pool} volumes={data} />
    </section>
  )
}

function useColumns(): Column<Volume>[] {
  const { t, i18n } = useTranslation(['storage', 'common'])
  const size = (bytes: number) => (bytes > 0 ? bytesText(bytes, i18n.language) : '')
  return [
    {
      key: 'status',
      title: t('common:state'),
      modifier: 'nowrap',
      render: (volume) => <VolumeState status={volume.status} />,
    },
    { key: 'name', title: t('volume'), modifier: 'breakWord', render: ({ name }) => name },
    { key: 'owner', title: t('owner'), modifier: 'breakWord', render: (volume) => <Owner volume={volume} /> },
    { key: 'size', title: t('size'), modifier: 'nowrap', render: (volume) => size(volume.size) },
    { key: 'stored', title: t('stored'), modifier: 'nowrap', render: ({ stored }) => size(stored) },
    { key: 'since', title: t('since'), modifier: 'nowrap', render: ({ since }) => <AgoText time={since} /> },
  ]
}

function Owner({ volume }: { volume: Volume }) {
  const { owner, owner_name, owner_kind } = volume
  const path = ownerPath(volume)
  const text = owner_name || owner
  if (owner_kind === 'none' || text === '') return null
  return path ? <AppLink to={path}>{text}</AppLink> : text
}
