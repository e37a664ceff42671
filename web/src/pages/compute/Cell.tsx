import './compute.css'
import { Button, PageSection, Skeleton } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { reading } from '../../api/query.ts'
import { HostCharts } from '../../components/HostCharts.tsx'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { UsageFacts } from '../../components/UsageFacts.tsx'
import { CopyText } from '../../ui/CopyText.tsx'
import { CellDialogs } from './CellDialogs.tsx'
import { CellStorages } from './CellStorages.tsx'
import { EnabledState } from './EnabledState.tsx'
import { Facts } from './Facts.tsx'
import { GuestsText } from './Loads.tsx'
import { Panel } from './Panel.tsx'
import { useCellVerbs } from './use-cell-verbs.ts'

const route = getRouteApi('/framed/compute/cells/$pool/$cell')
const lookEveryMs = 5_000

export type CellDetails = Answer<'/compute_pool_cells/{pool}/{cell}', 'get'>
export interface CellPlace {
  pool: string
  cell: string
}

/** One host: whether it answers, what it carries, and where its disks can lie. */
export function Cell() {
  const place = route.useParams()
  const { t } = useTranslation('compute')
  const { data, error, refetch } = useQuery(
    reading('/compute_pool_cells/{pool}/{cell}', { params: { path: place } }),
  )
  return (
    <>
      <PageHead
        title={place.cell}
        crumbs={[
          { title: t('computePools'), to: '/compute/pools' },
          { title: place.pool, to: `/compute/pools/${encodeURIComponent(place.pool)}` },
        ]}
        state={data && <EnabledState isEnabled={data.enabled} isAlive={data.alive} />}
        actions={data && <Actions pool={place.pool} cell={data} />}
      />
      <Needs permission="compute.read">
        <PageSection isFilled>
          {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
          {!data && !error && <Skeleton height="12rem" screenreaderText={t('cells')} />}
          {data && (
            <div className="compute-cards">
              <div className="compute-page">
                <Panel title={t('overview')}>
                  <CellFacts cell={data} place={place} />
                </Panel>
                <CellStorages cell={data} place={place} />
              </div>
              <Load place={place} />
            </div>
          )}
        </PageSection>
      </Needs>
      {data && <CellDialogs cell={data} place={place} />}
    </>
  )
}

const Actions = ({ pool, cell }: { pool: string; cell: CellDetails }) =>
  useCellVerbs(pool, cell)
    .toReversed()
    .map(({ key, title, refusal, onChoose }) => (
      <Button
        key={key}
        variant="secondary"
        isAriaDisabled={refusal !== undefined}
        {...(refusal ? { title: refusal } : {})}
        onClick={onChoose}
      >
        {title}
      </Button>
    ))

function CellFacts({ cell, place }: { cell: CellDetails; place: CellPlace }) {
  const { t } = useTranslation('compute')
  return (
    <Facts
      facts={[
        [t('address'), <CopyText key="address" text={cell.address} />],
        [
          t('computePool'),
          <Link key="pool" to="/compute/pools/$pool" params={{ pool: place.pool }}>
            {place.pool}
          </Link>,
        ],
        [t('newGuests'), t(cell.enabled ? 'takesGuests' : 'takesNoGuests')],
        [t('bridge'), cell.bridge || t('noBridge')],
        [
          t('unmanaged'),
          <Link key="unmanaged" to="/compute/cells">
            {t('toUnmanaged')}
          </Link>,
        ],
      ]}
    />
  )
}

function Load({ place }: { place: CellPlace }) {
  const { t } = useTranslation('compute')
  const { data, error, refetch } = useQuery({
    ...reading('/compute_cell_status/{pool}/{cell}', { params: { path: place } }),
    refetchInterval: lookEveryMs,
  })
  return (
    <Panel title={t('load')}>
      {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
      {data && (
        <div className="compute-load">
          <Link to="/instances" search={{ cell: place.cell }}>
            <GuestsText instances={data.instances} />
          </Link>
          <UsageFacts usage={data} />
          <HostCharts path="/figures/cells/{pool}/{cell}" of={{ ...place }} all={data} />
        </div>
      )}
    </Panel>
  )
}
