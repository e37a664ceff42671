import { Card, CardBody, CardHeader, CardTitle, Grid, GridItem } from '@patternfly/react-core'
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
    <Grid hasGutter className="overview">
      <GridItem span={12} className="overview-wrong">
        <Wrong guest={guest} />
      </GridItem>
      <GridItem lg={4} md={12}>
        <OverviewCard title={t('about')}>
          <About guest={guest} />
        </OverviewCard>
      </GridItem>
      <GridItem lg={8} md={12}>
        <OverviewCard title={t('lastHour')} more={<AppLink to={`${at}/performance`}>{t('longer')}</AppLink>}>
          <GuestCharts guest={guest} rangeSeconds={hourSeconds} />
        </OverviewCard>
      </GridItem>
      <GridItem lg={4} md={12}>
        <OverviewCard title={t('addresses')} more={<AppLink to={`${at}/network`}>{t('network')}</AppLink>}>
          <Addresses guest={guest} />
        </OverviewCard>
      </GridItem>
      <GridItem lg={8} md={12}>
        <OverviewCard title={t('lastTasks')} more={<AppLink to={`${at}/tasks`}>{t('allTasks')}</AppLink>}>
          <LastTasks id={guest.id} />
        </OverviewCard>
      </GridItem>
    </Grid>
  )
}

function OverviewCard({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <Card isCompact isFullHeight>
      <CardHeader {...(more ? { actions: { actions: more, hasNoOffset: true } } : {})}>
        <CardTitle component="h2">{title}</CardTitle>
      </CardHeader>
      <CardBody>{children}</CardBody>
    </Card>
  )
}
