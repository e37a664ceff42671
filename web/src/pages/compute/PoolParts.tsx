import { Checkbox, FormSelect, FormSelectOption, Radio } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Field } from '../../ui/Field.tsx'
import { networkModes, type PoolParts as Parts } from './pool-body.ts'

export interface PoolPartsProps {
  parts: Parts
  onChange: (parts: Parts) => void
  /** In the appliance's words, by field. */
  errorOf: (field: string) => string | undefined
}

/** What a compute pool stands on: how its guests are connected, where their addresses and disks come from. */
export function PoolParts({ parts, onChange, errorOf }: PoolPartsProps) {
  const { t } = useTranslation(['compute', 'common'])
  const { data: storages } = useQuery({ ...reading('/storage_pools'), enabled: useMay('storage.read') })
  const { data: networks } = useQuery({ ...reading('/address_pools'), enabled: useMay('network.read') })
  return (
    <>
      <Field id="pool-network_mode" label={t('networkMode')} error={errorOf('network_mode')}>
        {networkModes.map((mode) => (
          <Radio
            key={mode}
            id={`pool-mode-${mode}`}
            name="network_mode"
            label={t(`mode_${mode}`)}
            description={t(`modeHint_${mode}`)}
            isChecked={parts.network_mode === mode}
            onChange={() => onChange({ ...parts, network_mode: mode })}
          />
        ))}
      </Field>
      <Choice
        id="pool-network"
        label={t('addressPool')}
        hint={t('addressPoolHint')}
        error={errorOf('network')}
        value={parts.network}
        names={networks?.map(({ name }) => name) ?? []}
        onChange={(network) => onChange({ ...parts, network })}
      />
      <Choice
        id="pool-storage"
        label={t('storagePool')}
        hint={t('storagePoolHint')}
        error={errorOf('storage')}
        value={parts.storage}
        names={storages?.map(({ name }) => name) ?? []}
        onChange={(storage) => onChange({ ...parts, storage })}
      />
      <Field id="pool-failover" label={t('failover')} error={errorOf('failover')}>
        <Checkbox
          id="pool-failover"
          label={t('failoverLabel')}
          description={t('failoverHint')}
          isChecked={parts.failover}
          onChange={(_, failover) => onChange({ ...parts, failover })}
        />
      </Field>
    </>
  )
}

interface ChoiceProps {
  id: string
  label: string
  hint: string
  error: string | undefined
  value: string
  names: readonly string[]
  onChange: (name: string) => void
}

function Choice({ id, label, hint, error, value, names, onChange }: ChoiceProps) {
  const { t } = useTranslation()
  const all = value === '' || names.includes(value) ? names : [value, ...names]
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <FormSelect
        id={id}
        aria-describedby={`${id}-hint`}
        value={value}
        validated={error ? 'error' : 'default'}
        onChange={(_, name) => onChange(name)}
      >
        <FormSelectOption value="" label={t('none')} />
        {all.map((name) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </Field>
  )
}
