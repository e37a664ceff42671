import './compute.css'
import { PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { CreateComputePool } from './CreateComputePool.tsx'
import { EnabledState } from './EnabledState.tsx'
import { CpuBar, GuestsText, MemoryBar } from './Loads.tsx'
import { MayButton } from './MayButton.tsx'
import { PoolDialogs } from './PoolDialogs.tsx'
import { type ComputePool, isNetworkMode, type PoolStatus } from './pool-body.ts'
import { usePoolVerbs } from './use-pool-verbs.ts'

const lookEveryMs = 5_000

type Row = ComputePool & { status: PoolStatus | undefined }

/** The compute pools with what they carry. */
export function ComputePools() {
  const { t } = useTranslation('compute')
  const { dialog, open, close } = useDialog()
  return (
    <>
      <PageHead
        title={t('computePools')}
        actions={
          <MayButton permission="compute.write" onClick={() => open('create')}>
            {t('createPool')}
          </MayButton>
        }
      />
      <Needs permission="compute.read">
        <PageSection isFilled>
          <PoolTable />
        </PageSection>
      </Needs>
      {dialog === 'create' && <CreateComputePool onClose={close} />}
    </>
  )
}

function PoolTable() {
  const { t } = useTranslation('compute')
  const columns = useColumns()
  const { open } = useDialog()
  const { data, error, refetch } = useQuery(reading('/compute_pools'))
  const { data: statuses } = useQuery({ ...reading('/compute_pool_status'), refetchInterval: lookEveryMs })
  const rows = data?.map(
    (pool): Row => ({ ...pool, status: statuses?.find(({ name }) => name === pool.name) }),
  )
  if (error && !data) return <Refusal error={error} onRetry={() => void refetch()} />
  return (
    <>
      <DataTable
        label={t('computePools')}
        columns={columns}
        rows={rows}
        rowKey={({ name }) => name}
        rowActions={(pool) => <PoolMenu pool={pool} />}
        empty={
          <EmptyNote
            title={t('noPools')}
            action={
              <MayButton permission="compute.write" onClick={() => open('create')}>
                {t('createPool')}
              </MayButton>
            }
          >
            {t('noPoolsHint')}
          </EmptyNote>
        }
      />
      <PoolDialogs />
    </>
  )
}

const PoolMenu = ({ pool }: { pool: ComputePool }) => <RowMenu name={pool.name} verbs={usePoolVerbs(pool)} />

function useColumns(): Column<Row>[] {
  const { t } = useTranslation(['compute', 'common'])
  return [
    { key: 'state', title: t('common:state'), render: ({ enabled }) => <EnabledState isEnabled={enabled} /> },
    {
      key: 'name',
      title: t('common:name'),
      render: ({ name }) => (
        <Link to="/compute/pools/$pool" params={{ pool: name }}>
          {name}
        </Link>
      ),
    },
    {
      key: 'guests',
      title: t('guests'),
      render: ({ name, status }) =>
        status && (
          <Link to="/instances" search={{ pool: name }}>
            <GuestsText instances={status.instances} />
          </Link>
        ),
    },
    { key: 'cpu', title: t('cpu'), render: ({ status }) => status && <CpuBar load={status} /> },
    { key: 'memory', title: t('memory'), render: ({ status }) => status && <MemoryBar load={status} /> },
    { key: 'cells', title: t('cells'), render: ({ cells }) => cells },
    {
      key: 'network',
      title: t('networkMode'),
      render: ({ network_mode, network }) => (
        <>
          {isNetworkMode(network_mode) && t(`mode_${network_mode}`)} {network && `· ${network}`}
        </>
      ),
    },
    {
      key: 'storage',
      title: t('storages'),
      modifier: 'nowrap',
      render: ({ storage }) => storage || t('common:none'),
    },
  ]
}
