import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { hourSeconds } from '../../api/figures.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { GuestCharts } from './GuestCharts.tsx'
import { About } from './overview/About.tsx'
import { Addresses } from './overview/Addresses.tsx'
import { LastTasks } from './overview/LastTasks.tsx'
import { Wrong } from './overview/Wrong.tsx'
import { useGuest } from './use-guest.ts'

/** The guest at a glance: what is wrong, what it is and runs on, what it does now, where it is reached. */
export function Overview() {
  const { t } = useTranslation('instance')
  const guest = useGuest()
  const at = `/instances/${guest.id}`
  return (
    <>
      <div className="overview-wrong">
        <Wrong guest={guest} />
      </div>
      <div className="overview">
        <div className="overview-column">
          <OverviewCard title={t('about')}>
            <About guest={guest} />
          </OverviewCard>
          <OverviewCard title={t('addresses')} more={<AppLink to={`${at}/network`}>{t('network')}</AppLink>}>
            <Addresses guest={guest} />
          </OverviewCard>
        </div>
        <div className="overview-column">
          <OverviewCard
            title={t('lastHour')}
            more={<AppLink to={`${at}/performance`}>{t('longer')}</AppLink>}
          >
            <GuestCharts guest={guest} rangeSeconds={hourSeconds} />
          </OverviewCard>
          <OverviewCard title={t('lastTasks')} more={<AppLink to={`${at}/tasks`}>{t('allTasks')}</AppLink>}>
            <LastTasks id={guest.id} />
          </OverviewCard>
        </div>
      </div>
    </>
  )
}

function OverviewCard({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <Card isCompact className="overview-card">
      <CardHeader {...(more ? { actions: { actions: more, hasNoOffset: true } } : {})}>
        <CardTitle component="h2">{title}</CardTitle>
      </CardHeader>
      <CardBody>{children}</CardBody>
    </Card>
  )
}
