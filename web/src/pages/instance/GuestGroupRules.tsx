import './network.css'
import { Card, CardBody, CardTitle } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { RuleTable } from '../../components/policy/RuleTable.tsx'
import { Note } from '../../ui/Note.tsx'

/** The rules that a guest has of its group; nothing where the group may not be seen. */
export function GuestGroupRules({ group: id }: { group: string }) {
  const { t } = useTranslation('policies')
  const enabled = useMay('policy.read')
  const params = { path: { id } }
  const group = useQuery({ ...reading('/security_policy_groups/{id}', { params }), enabled })
  const rules = useQuery({ ...reading('/security_policy_groups/{id}/rules', { params }), enabled })
  if (!group.data || !rules.data) return null
  const { name } = group.data
  const title = t('groupRules', { name })
  return (
    <Card isCompact className="group-rules">
      <CardTitle component="h2">
        <Link to="/network/policies/$id" params={{ id }}>
          {title}
        </Link>
      </CardTitle>
      <CardBody>
        {!group.data.enabled && <Note kind="warning" title={t('groupRulesOff', { name })} />}
        <RuleTable label={title} rules={rules.data} />
      </CardBody>
    </Card>
  )
}
