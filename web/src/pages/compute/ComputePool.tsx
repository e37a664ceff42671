import './compute.css'
import { Button, PageSection, Skeleton } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { HostCharts } from '../../components/HostCharts.tsx'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { UsageFacts } from '../../components/UsageFacts.tsx'
import { EnabledState } from './EnabledState.tsx'
import { Facts } from './Facts.tsx'
import { GuestsText } from './Loads.tsx'
import { Panel } from './Panel.tsx'
import { PoolCells } from './PoolCells.tsx'
import { PoolDialogs, poolReading } from './PoolDialogs.tsx'
import { isNetworkMode, type ComputePool as Pool } from './pool-body.ts'
import { usePoolVerbs } from './use-pool-verbs.ts'

const route = getRouteApi('/framed/compute/pools/$pool')
const lookEveryMs = 5_000

/** One compute pool: what it stands on, what it carries, and its cells. */
export function ComputePool() {
  const { pool: name } = route.useParams()
  const { t } = useTranslation('compute')
  const { data, error, refetch } = useQuery(poolReading(name))
  return (
    <>
      <PageHead
        title={name}
        crumbs={[{ title: t('computePools'), to: '/compute/pools' }]}
        state={data && <EnabledState isEnabled={data.enabled} />}
        actions={data && <Actions pool={data} />}
      />
      <Needs permission="compute.read">
        <PageSection isFilled>
          {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
          {!data && !error && <Skeleton height="12rem" screenreaderText={t('computePools')} />}
          {data && (
            <div className="compute-page">
              <div className="compute-cards">
                <Panel title={t('overview')}>
                  <PoolFacts pool={data} />
                </Panel>
                <Load pool={name} />
              </div>
              <PoolCells pool={name} />
            </div>
          )}
        </PageSection>
      </Needs>
      <PoolDialogs pool={name} />
    </>
  )
}

const Actions = ({ pool }: { pool: Pool }) =>
  usePoolVerbs(pool)
    .toReversed()
    .map(({ key, title, refusal, onChoose }) => (
      <Button
        key={key}
        variant={key === 'modify' ? 'primary' : 'secondary'}
        isAriaDisabled={refusal !== undefined}
        {...(refusal ? { title: refusal } : {})}
        onClick={onChoose}
      >
        {title}
      </Button>
    ))

function PoolFacts({ pool }: { pool: Pool }) {
  const { t } = useTranslation(['compute', 'common'])
  const { network_mode: mode, network, storage, failover } = pool
  return (
    <Facts
      facts={[
        [t('networkMode'), isNetworkMode(mode) ? `${t(`mode_${mode}`)}: ${t(`modeHint_${mode}`)}` : mode],
        [
          t('addressPool'),
          network ? (
            <Link key="network" to="/network/pools/$pool" params={{ pool: network }}>
              {network}
            </Link>
          ) : (
            t('common:none')
          ),
        ],
        [
          t('storagePool'),
          storage ? (
            <Link key="storage" to="/storage/$pool" params={{ pool: storage }}>
              {storage}
            </Link>
          ) : (
            t('noStorage')
          ),
        ],
        [t('placement'), t('placementText')],
        [t('overcommit'), <Overcommit key="overcommit" />],
        [t('failover'), t(failover ? 'failoverOn' : 'failoverOff')],
      ]}
    />
  )
}

/** A setting of the zone, which says how much memory the guests of a cell may have together. */
function Overcommit() {
  const { t } = useTranslation('compute')
  const mayRead = useMay('setting.read')
  const { data } = useQuery({
    ...reading('/settings/{name}', { params: { path: { name: 'guest.memory_overcommit_percent' } } }),
    enabled: mayRead,
  })
  if (!mayRead) return t('overcommitHidden')
  return (
    <>
      {data && t('overcommitText', { percent: String(data.value) })}{' '}
      <Link to="/settings">{t('toSettings')}</Link>
    </>
  )
}

function Load({ pool }: { pool: string }) {
  const { t } = useTranslation('compute')
  const { data, error, refetch } = useQuery({
    ...reading('/compute_pool_status/{pool}', { params: { path: { pool } } }),
    refetchInterval: lookEveryMs,
  })
  return (
    <Panel title={t('load')}>
      {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
      {data && (
        <div className="compute-load">
          <Link to="/instances" search={{ pool }}>
            <GuestsText instances={data.instances} />
          </Link>
          <UsageFacts usage={data} />
          <HostCharts path="/figures/pools/{pool}" of={{ pool }} all={data} />
        </div>
      )}
    </Panel>
  )
}
