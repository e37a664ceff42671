import { Card, CardBody, CardTitle, Skeleton, Title } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { HostCharts } from '../../components/HostCharts.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { UsageFacts } from '../../components/UsageFacts.tsx'
import { AgoText } from '../../ui/AgoText.tsx'

const lookEveryMs = 5_000

/** What the zone has and does: now, and in the last hour. */
export function ZoneFigures() {
  const { t } = useTranslation('dashboard')
  const { data, error, refetch } = useQuery({
    ...reading('/compute_zone_status'),
    refetchInterval: lookEveryMs,
  })
  if (error && !data) return <Refusal error={error} onRetry={() => void refetch()} />
  const [disabled, enabled] = numbers(data?.pools)
  const [offline, online] = numbers(data?.cells)
  return (
    <Card isCompact>
      <CardTitle>
        <Title headingLevel="h2" size="md">
          {t('zone', { name: data?.name ?? '' })}
        </Title>
      </CardTitle>
      <CardBody>
        {data ? (
          <div className="dashboard-zone">
            <UsageFacts usage={data} />
            <p className="dashboard-subtle">
              {t('pools', { count: enabled + disabled })} · {t('cells', { count: online + offline })}
              {offline > 0 && ` · ${t('offline', { count: offline })}`}
              {data.start_time && (
                <>
                  {' · '}
                  {t('upSince')} <AgoText time={data.start_time} />
                </>
              )}
            </p>
            <HostCharts path="/figures/zone" all={data} />
          </div>
        ) : (
          <Skeleton height="20rem" screenreaderText={t('loading')} />
        )}
      </CardBody>
    </Card>
  )
}

/** The document leaves the elements of these pairs open. */
const numbers = (pair: readonly unknown[] | undefined): [number, number] => [
  Number(pair?.[0] ?? 0),
  Number(pair?.[1] ?? 0),
]
