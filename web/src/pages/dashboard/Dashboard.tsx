import './dashboard.css'
import { PageSection, Skeleton } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { Attention } from './Attention.tsx'
import { FirstSteps } from './FirstSteps.tsx'
import { GuestCounts } from './GuestCounts.tsx'
import { RunningTasks } from './RunningTasks.tsx'
import { ZoneFigures } from './ZoneFigures.tsx'

/** The zone at a glance: what there is, what it does, what needs a person, what goes on. */
export function Dashboard() {
  const { t } = useTranslation('dashboard')
  const maySeeGuests = useMay('guest.read')
  const mayCreate = useMay('guest.write')
  const { data: counts, error, refetch } = useQuery({ ...reading('/guest_counts'), enabled: maySeeGuests })
  const isEmpty = counts?.total === 0
  return (
    <>
      <PageHead title={t('title')} />
      <PageSection isFilled>
        <div className="dashboard">
          <div className="dashboard-main">
            {error && <Refusal error={error} onRetry={() => void refetch()} />}
            {maySeeGuests && !counts && !error && <Skeleton height="5rem" screenreaderText={t('loading')} />}
            {isEmpty && mayCreate ? <FirstSteps /> : counts && <GuestCounts counts={counts} />}
            {useMay('compute.read') && <ZoneFigures />}
          </div>
          <div className="dashboard-side">
            <Attention />
            {useMay('task.read') && <RunningTasks />}
          </div>
        </div>
      </PageSection>
    </>
  )
}
