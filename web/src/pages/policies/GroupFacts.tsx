import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../../api/errors.ts'
import { usePlan } from '../../api/plan.ts'
import { ActionLabel } from '../../components/policy/ActionLabel.tsx'
import { useRefusalText } from '../../components/Refusal.tsx'
import { useMissing } from '../../components/use-missing.ts'
import { CopyText } from '../../ui/CopyText.tsx'
import type { PolicyGroupView } from './groups-api.ts'

export function GroupFacts({ group }: { group: PolicyGroupView }) {
  const { t } = useTranslation(['policies', 'common'])
  const facts: [string, ReactNode][] = [
    [t('defaultAction'), <ActionLabel key="a" action={group.default_action} />],
    [t('description'), group.description || t('common:none')],
    [t('scope'), t(group.global ? 'everybody' : 'ownGroup')],
    [t('owner'), group.user],
    [t('group'), group.group],
    [t('inUse'), <Users key="u" id={group.id} />],
    [t('id'), <CopyText key="i" text={group.id} />],
  ]
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('facts')}</CardTitle>
      <CardBody>
        <DescriptionList isCompact>
          {facts.map(([term, value]) => (
            <DescriptionListGroup key={term}>
              <DescriptionListTerm>{term}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      </CardBody>
    </Card>
  )
}

/** A dry run of its deletion tells which guests use it. */
function Users({ id }: { id: string }) {
  const { t } = useTranslation('policies')
  const missing = useMissing('policy.write')
  const textOf = useRefusalText()
  const { error } = usePlan(
    'delete',
    '/security_policy_groups/{id}',
    missing ? undefined : { params: { path: { id } } },
  )
  if (missing) return missing
  return error instanceof ApiError && error.status === 409 ? textOf(error) : t('unused')
}
