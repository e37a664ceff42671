import './compute.css'
import { PageSection } from '@patternfly/react-core'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { type CellRow, CellTable } from './CellTable.tsx'
import { Unmanaged } from './Unmanaged.tsx'

const lookEveryMs = 5_000

/** All hosts, those of no pool too, and the domains on this one that others have made. */
export function Cells() {
  const { t } = useTranslation('compute')
  const maySeeHost = useMay('system.read')
  return (
    <>
      <PageHead title={t('cells')} />
      <Needs permission="compute.read">
        <PageSection isFilled>
          <div className="compute-page">
            <AllCells />
            {maySeeHost && <Unmanaged />}
          </div>
        </PageSection>
      </Needs>
    </>
  )
}

function AllCells() {
  const { t } = useTranslation('compute')
  const { data: pools, error, refetch } = useQuery(reading('/compute_pools'))
  const { data: free } = useQuery(reading('/compute_pool_cells'))
  const statuses = useQueries({
    queries: (pools ?? []).map(({ name }) => ({
      ...reading('/compute_cell_status/{pool}', { params: { path: { pool: name } } }),
      refetchInterval: lookEveryMs,
    })),
  })
  if (error && !pools) return <Refusal error={error} onRetry={() => void refetch()} />
  const isWhole = pools !== undefined && free !== undefined && statuses.every(({ isPending }) => !isPending)
  const rows: CellRow[] = (pools ?? []).flatMap(({ name: pool }, index) =>
    (statuses[index]?.data ?? []).map((cell) => ({ ...cell, pool })),
  )
  return (
    <CellTable
      withPool
      rows={isWhole ? [...rows, ...free] : undefined}
      empty={<EmptyNote title={t('noCells')}>{t('noCellsHint')}</EmptyNote>}
    />
  )
}
