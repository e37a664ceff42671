import { Card, CardBody, CardTitle, Grid, GridItem, Skeleton } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { PolicyRules } from '../../components/policy/PolicyRules.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useMissing } from '../../components/use-missing.ts'
import { GuestGroupRules } from './GuestGroupRules.tsx'
import { GuestPolicyForm } from './GuestPolicyForm.tsx'

const route = getRouteApi('/framed/instances/$id/security')

/** What may reach a guest: its own rules, then those of its group, then the default. */
export function GuestSecurity() {
  const { t } = useTranslation(['policies', 'common'])
  const { id } = route.useParams()
  const { data, error, refetch } = useQuery(
    reading('/guests/{id}/security_policy', { params: { path: { id } } }),
  )
  const refusal = useMissing('guest.write')
  if (error) return <Refusal error={error} onRetry={() => void refetch()} />
  return (
    <Grid hasGutter>
      <GridItem xl={8}>
        <Card isCompact>
          <CardTitle component="h2">{t('ownRules')}</CardTitle>
          <CardBody>
            {data ? (
              <PolicyRules
                owner={{ kind: 'guest', id }}
                rules={data.rules}
                refusal={refusal}
                refetch={refetch}
              />
            ) : (
              <Skeleton height="8rem" screenreaderText={t('common:loading')} />
            )}
          </CardBody>
        </Card>
        {data?.security_policy_group && <GuestGroupRules group={data.security_policy_group} />}
      </GridItem>
      <GridItem xl={4}>
        {data && <GuestPolicyForm guest={id} policy={data} refusal={refusal} refetch={refetch} />}
      </GridItem>
    </Grid>
  )
}
