import { FormSelect, FormSelectOption, TextInput } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { Field } from '../../ui/Field.tsx'
import { fieldsOf, type PoolField, type PoolType, type PoolValues } from './pool-fields.ts'

export interface PoolFormProps {
  type: PoolType
  values: PoolValues
  onChange: (change: Record<string, string>) => void
  /** In the appliance's words, by field. */
  errorOf: (key: string) => string | undefined
  /** An existing pool's secret stays where none is typed. */
  isChange?: boolean
}

/** The fields of one type of pool. */
export function PoolForm({ type, values, onChange, errorOf, isChange }: PoolFormProps) {
  const { t } = useTranslation('storage')
  return fieldsOf[type].map((field) => {
    const { key, label, hint, isRequired, isSecret, isPlace } = field
    const more = isChange && isSecret ? t('secretStays') : isChange && isPlace ? t('placeHint') : ''
    return (
      <Field
        key={key}
        id={`pool-${key}`}
        label={t(label)}
        hint={`${t(hint)} ${more}`.trim()}
        error={errorOf(key)}
        isRequired={isRequired ?? false}
      >
        <Control
          field={field}
          value={values[key] ?? ''}
          isInvalid={errorOf(key) !== undefined}
          onChange={(value) => onChange({ [key]: value })}
        />
      </Field>
    )
  })
}

interface ControlProps {
  field: PoolField
  value: string
  isInvalid: boolean
  onChange: (value: string) => void
}

function Control({
  field: { key, choices, isSecret, isRequired },
  value,
  isInvalid,
  onChange,
}: ControlProps) {
  const { t } = useTranslation('storage')
  const common = { id: `pool-${key}`, 'aria-describedby': `pool-${key}-hint`, value }
  if (choices)
    return (
      <FormSelect {...common} onChange={(_, chosen) => onChange(chosen)}>
        {choices.map(({ value: choice, label }) => (
          <FormSelectOption key={choice} value={choice} label={t(label)} />
        ))}
      </FormSelect>
    )
  return (
    <TextInput
      {...common}
      type={isSecret ? 'password' : 'text'}
      autoComplete={isSecret ? 'new-password' : 'off'}
      isRequired={isRequired ?? false}
      validated={isInvalid ? 'error' : 'default'}
      onChange={(_, typed) => onChange(typed)}
    />
  )
}
