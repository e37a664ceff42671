import { Button, Card, CardBody, CardTitle, Skeleton, Title } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Needed } from './Needed.tsx'

// The appliance looks at host and pools behind the back of who asks, so the first answer may lack what they have.
const lookEveryMs = 5_000
const shownAtFirst = 5

/** What needs a person, the worst first. */
export function Attention() {
  const { t } = useTranslation('dashboard')
  const [isWhole, setWhole] = useState(false)
  const { data, error, refetch } = useQuery({ ...reading('/attention'), refetchInterval: lookEveryMs })
  const shown = isWhole ? data : data?.slice(0, shownAtFirst)
  const more = (data?.length ?? 0) - (shown?.length ?? 0)
  return (
    <Card isCompact>
      <CardTitle>
        <Title headingLevel="h2" size="md">
          {t('attention')}
        </Title>
      </CardTitle>
      <CardBody>
        {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton screenreaderText={t('loading')} />}
        {data?.length === 0 && (
          <p className="dashboard-calm">
            <CheckCircleIcon aria-hidden /> {t('nothingNeeded')}
          </p>
        )}
        {shown && shown.length > 0 && (
          <ul className="dashboard-needs">
            {shown.map((need) => (
              <Needed key={need.id} need={need} />
            ))}
          </ul>
        )}
        {more > 0 && (
          <Button variant="link" isInline onClick={() => setWhole(true)}>
            {t('moreNeeds', { count: more })}
          </Button>
        )}
      </CardBody>
    </Card>
  )
}
