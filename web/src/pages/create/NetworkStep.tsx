import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { useCreating } from './create-context.ts'
import { SelectField, TextField } from './fields.tsx'
import { StepForm } from './StepForm.tsx'

/** Modes in which the guest has an address of its own outside, so that nothing is forwarded. */
const withoutPorts = ['plain', 'mono']

export function NetworkStep() {
  const { t } = useTranslation(['create', 'common'])
  const { kind, draft, change } = useCreating()
  const { data: pools } = useQuery(reading('/compute_pools'))
  const pool = pools?.find(({ name }) => name === draft.pool)
  const takesPorts = !withoutPorts.includes(pool?.network_mode ?? '')
  return (
    <StepForm step="network">
      <NetworkFacts mode={pool?.network_mode} addressPool={pool?.network} />
      {kind === 'guest' && <OwnAddresses />}
      <TextField
        field="ports"
        label={t('ports')}
        value={draft.ports}
        onChange={(ports) => change({ ports })}
        hint={takesPorts ? t('portsHint') : t('noPortsHint', { mode: pool?.network_mode })}
      />
      <PolicyField />
    </StepForm>
  )
}

function NetworkFacts({ mode, addressPool }: { mode: string | undefined; addressPool: string | undefined }) {
  const { t } = useTranslation(['create', 'common'])
  const { data } = useQuery({ ...reading('/address_pools'), enabled: useMay('network.read') })
  const summary = data?.find(({ name }) => name === addressPool)
  const free = summary && t('freeAddresses', { count: summary.addresses - summary.allocated })
  return (
    <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: '14ch' }}>
      <DescriptionListGroup>
        <DescriptionListTerm>{t('networkMode')}</DescriptionListTerm>
        <DescriptionListDescription>{mode || t('common:none')}</DescriptionListDescription>
      </DescriptionListGroup>
      <DescriptionListGroup>
        <DescriptionListTerm>{t('addressPool')}</DescriptionListTerm>
        <DescriptionListDescription>
          {[addressPool || t('common:none'), free].filter(Boolean).join(' · ')}
        </DescriptionListDescription>
      </DescriptionListGroup>
    </DescriptionList>
  )
}

/** One address can be only one guest's, so that a batch has no such fields. */
function OwnAddresses() {
  const { t } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  return (
    <>
      <TextField
        field="network_address"
        label={t('networkAddress')}
        value={draft.networkAddress}
        onChange={(networkAddress) => change({ networkAddress })}
        hint={t('networkAddressHint')}
      />
      <TextField
        field="ethernet_address"
        label={t('ethernetAddress')}
        value={draft.ethernetAddress}
        onChange={(ethernetAddress) => change({ ethernetAddress })}
        hint={t('ethernetAddressHint')}
      />
    </>
  )
}

function PolicyField() {
  const { t } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const { data } = useQuery({ ...reading('/security_policy_groups'), enabled: useMay('policy.read') })
  return (
    <SelectField
      field="security_policy_group"
      label={t('policyGroup')}
      value={draft.policyGroup}
      onChange={(policyGroup) => change({ policyGroup })}
      hint={t('policyGroupHint')}
      options={[
        { value: '', label: t('common:none') },
        ...(data ?? []).map(({ id, name, default_action }) => ({
          value: id,
          label: t(`policyOption_${default_action}`, { name }),
        })),
      ]}
    />
  )
}
