import { FormSelect, FormSelectOption, TextInput } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../../api/client.ts'
import { fieldError } from '../../../components/field-error.ts'
import { Field } from '../../../ui/Field.tsx'
import { SizeInput, speeds } from '../../../ui/SizeInput.tsx'
import type { GuestDetail } from '../use-guest.ts'
import {
  type CpuPriority,
  changedRates,
  cpuPriorities,
  diskOperations,
  diskRates,
  networkRates,
  qosOf,
  type Rate,
} from './qos.ts'
import { SettingsForm } from './SettingsCard.tsx'
import { useSaving } from './use-saving.ts'

/** What the reader has changed; all else follows the guest. */
interface Draft {
  priority?: CpuPriority
  rates?: Partial<Record<Rate, number>>
}

/** What a busy guest may take from the others; it holds for a running one at once. */
export function QosForm({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation('instance')
  const before = qosOf(guest)
  const [draft, setDraft] = useState<Draft>({})
  const after = { priority: draft.priority ?? before.priority, rates: { ...before.rates, ...draft.rates } }
  const saving = useSaving()
  const params = { path: { id: guest.id } }
  const disk = changedRates(before, after, [...diskRates, ...diskOperations])
  const network = changedRates(before, after, networkRates)
  const { priority } = after
  const steps = [
    priority !== before.priority &&
      (() => call('put', '/guests/{id}/qos/cpu', { params, body: { priority } })),
    disk !== undefined && (() => call('put', '/guests/{id}/qos/disk', { params, body: disk })),
    network !== undefined && (() => call('put', '/guests/{id}/qos/network', { params, body: network })),
  ]
  const rateProps = (name: Rate) => ({
    name,
    value: after.rates[name],
    error: fieldError(saving.error, name),
    onChange: (value: number) => setDraft({ ...draft, rates: { ...draft.rates, [name]: value } }),
  })
  return (
    <SettingsForm
      title={t('qosTitle')}
      text={t('qosText')}
      isDirty={steps.some(Boolean)}
      saving={saving}
      fields={[...diskRates, ...diskOperations, ...networkRates]}
      onSave={() => saving.mutate(steps)}
    >
      <Field id="cpu-priority" label={t('cpuPriority')}>
        <FormSelect
          id="cpu-priority"
          value={priority}
          onChange={(_, value) => setDraft({ ...draft, priority: value as CpuPriority })}
        >
          {cpuPriorities.map((name) => (
            <FormSelectOption key={name} value={name} label={t(name)} />
          ))}
        </FormSelect>
      </Field>
      <div className="settings-pairs">
        {[...diskRates, ...networkRates].map((name) => (
          <SpeedField key={name} {...rateProps(name)} />
        ))}
        {diskOperations.map((name) => (
          <OperationsField key={name} {...rateProps(name)} />
        ))}
      </div>
    </SettingsForm>
  )
}

interface RateFieldProps {
  name: Rate
  value: number
  error: string | undefined
  onChange: (value: number) => void
}

function SpeedField({ name, value, error, onChange }: RateFieldProps) {
  const { t } = useTranslation('instance')
  return (
    <Field id={name} label={t(name)} hint={value === 0 ? t('unlimited') : t('perSecond')} error={error}>
      <SizeInput id={name} bytes={value} units={speeds} isInvalid={error !== undefined} onChange={onChange} />
    </Field>
  )
}

function OperationsField({ name, value, error, onChange }: RateFieldProps) {
  const { t } = useTranslation('instance')
  return (
    <Field
      id={name}
      label={t(name)}
      hint={value === 0 ? t('unlimited') : t('operationsPerSecond')}
      error={error}
    >
      <TextInput
        id={name}
        type="number"
        min={0}
        value={value}
        aria-describedby={`${name}-hint`}
        validated={error ? 'error' : 'default'}
        onChange={(_, text) => onChange(Number(text))}
      />
    </Field>
  )
}
