import { Card, CardBody, CardTitle, Title } from '@patternfly/react-core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { StateLabel } from '../../components/GuestState.tsx'

const states = ['running', 'stopped', 'paused', 'crashed', 'creating', 'stopping'] as const

/** How many guests there are, by state; each leads to them. */
export function GuestCounts({ counts }: { counts: Answer<'/guest_counts', 'get'> }) {
  const { t } = useTranslation('dashboard')
  const shown = states.filter((state) => counts.states[state] > 0)
  return (
    <Card isCompact>
      <CardTitle>
        <Title headingLevel="h2" size="md">
          {t('instances', { count: counts.total })}
        </Title>
      </CardTitle>
      <CardBody>
        <ul className="dashboard-counts">
          {shown.map((state) => (
            <li key={state}>
              <Link to="/instances" search={{ state }} className="dashboard-count">
                {counts.states[state]}
              </Link>
              <StateLabel state={state} />
            </li>
          ))}
        </ul>
        {counts.pools.length > 1 && (
          <ul className="dashboard-pools">
            {counts.pools.map(({ pool, total, states: own }) => (
              <li key={pool}>
                <AppLink to={`/compute/pools/${encodeURIComponent(pool)}`}>{pool}</AppLink>{' '}
                {t('runningOf', { running: own.running, count: total })}
              </li>
            ))}
          </ul>
        )}
      </CardBody>
    </Card>
  )
}
