import {
  Card,
  CardBody,
  CardTitle,
  Content,
  Form,
  FormSelect,
  FormSelectOption,
} from '@patternfly/react-core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { call } from '../../api/client.ts'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { actionOf } from '../../components/policy/rules.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'

export interface GuestPolicyFormProps {
  guest: string
  policy: Answer<'/guests/{id}/security_policy', 'get'>
  refusal: string | undefined
  refetch: () => Promise<unknown>
}

/** The group and the default of a guest; each holds as soon as it is chosen. */
export function GuestPolicyForm({ guest: id, policy, refusal, refetch }: GuestPolicyFormProps) {
  const { t } = useTranslation('policies')
  const enabled = useMay('policy.read')
  const groups = useQuery({ ...reading('/security_policy_groups'), enabled })
  const params = { path: { id } }
  const setGroup = useMutation({
    mutationFn: async (group: string) => {
      const body = { security_policy_group: group === '' ? null : group }
      await call('put', '/guests/{id}/security_policy/group', { params, body })
      await refetch()
    },
  })
  const setAction = useMutation({
    mutationFn: async (action: string) => {
      const body = { action: action === '' ? null : actionOf(action) }
      await call('put', '/guests/{id}/security_policy/default_action', { params, body })
      await refetch()
    },
  })
  const group = setGroup.isPending ? setGroup.variables : (policy.security_policy_group ?? '')
  const action = setAction.isPending ? setAction.variables : policy.inherited ? '' : policy.default_action
  const known = groups.data ?? []
  const isUnknown = group !== '' && !known.some((one) => one.id === group)
  const held = t(policy.default_action === 'reject' ? 'reject' : 'accept')
  const isBusy = setGroup.isPending || setAction.isPending || refusal !== undefined
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('summary')}</CardTitle>
      <CardBody>
        <Content component="p">{t('summaryHint')}</Content>
        <Form onSubmit={(event) => event.preventDefault()}>
          <Field
            id="guest-policy-group"
            label={t('policyGroup')}
            hint={setGroup.isPending ? t('saving') : (refusal ?? t('policyGroupHint'))}
          >
            <FormSelect
              id="guest-policy-group"
              value={group}
              isDisabled={isBusy}
              aria-describedby="guest-policy-group-hint"
              onChange={(_, value) => setGroup.mutate(value)}
            >
              <FormSelectOption value="" label={t('noGroup')} />
              {isUnknown && <FormSelectOption value={group} label={t('unknownGroup')} />}
              {known.map((one) => (
                <FormSelectOption key={one.id} value={one.id} label={one.name} />
              ))}
            </FormSelect>
          </Field>
          <Field
            id="guest-policy-default"
            label={t('defaultAction')}
            hint={setAction.isPending ? t('saving') : (refusal ?? t('defaultHint'))}
          >
            <FormSelect
              id="guest-policy-default"
              value={action}
              isDisabled={isBusy}
              aria-describedby="guest-policy-default-hint"
              onChange={(_, value) => setAction.mutate(value)}
            >
              <FormSelectOption
                value=""
                label={
                  group !== '' && policy.inherited
                    ? t('asGroup', { action: held })
                    : t(group === '' ? 'asGroupNone' : 'byGroup')
                }
              />
              <FormSelectOption value="accept" label={t('accept')} />
              <FormSelectOption value="reject" label={t('reject')} />
            </FormSelect>
          </Field>
          <Refusal error={setGroup.error ?? setAction.error} />
        </Form>
      </CardBody>
    </Card>
  )
}
