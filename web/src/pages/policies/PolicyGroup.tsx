import { Card, CardBody, CardTitle, Grid, GridItem, PageSection, Skeleton } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { PolicyRules } from '../../components/policy/PolicyRules.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { DeleteGroup } from './DeleteGroup.tsx'
import { EnabledLabel } from './EnabledLabel.tsx'
import { GroupFacts } from './GroupFacts.tsx'
import { GroupForm } from './GroupForm.tsx'

const route = getRouteApi('/framed/network/policies/$id')

export function PolicyGroup() {
  const { id } = route.useParams()
  return (
    <Needs permission="policy.read">
      <GroupPage key={id} id={id} />
    </Needs>
  )
}

function GroupPage({ id }: { id: string }) {
  const { t } = useTranslation(['policies', 'common'])
  const { dialog, open, close } = useDialog()
  const navigate = useNavigate()
  const params = { path: { id } }
  const { data, error, refetch } = useQuery(reading('/security_policy_groups/{id}', { params }))
  const rules = useQuery(reading('/security_policy_groups/{id}/rules', { params }))
  const refusal = useMissing('policy.write')
  return (
    <>
      <PageHead
        title={data?.name ?? id}
        crumbs={[{ title: t('policyGroups'), to: '/network/policies' }]}
        state={data && <EnabledLabel isEnabled={data.enabled} />}
        actions={
          data && (
            <>
              <ActionButton variant="secondary" isDanger refusal={refusal} onClick={() => open('delete')}>
                {t('common:delete')}
              </ActionButton>
              <ActionButton refusal={refusal} onClick={() => open('edit')}>
                {t('common:edit')}
              </ActionButton>
            </>
          )
        }
      />
      <PageSection isFilled>
        <Refusal
          error={error ?? rules.error}
          onRetry={() => void Promise.all([refetch(), rules.refetch()])}
        />
        <Grid hasGutter>
          <GridItem xl={8}>
            <Card isCompact>
              <CardTitle component="h2">{t('rules')}</CardTitle>
              <CardBody>
                {rules.data ? (
                  <PolicyRules
                    owner={{ kind: 'group', id }}
                    rules={rules.data}
                    refusal={refusal}
                    refetch={rules.refetch}
                  />
                ) : (
                  !error && <Skeleton height="8rem" screenreaderText={t('common:loading')} />
                )}
              </CardBody>
            </Card>
          </GridItem>
          <GridItem xl={4}>{data && <GroupFacts group={data} />}</GridItem>
        </Grid>
      </PageSection>
      {dialog === 'edit' && data && <GroupForm group={data} onClose={close} />}
      {dialog === 'delete' && data && (
        <DeleteGroup
          group={data}
          onClose={close}
          onDeleted={() => void navigate({ to: '/network/policies' })}
        />
      )}
    </>
  )
}
