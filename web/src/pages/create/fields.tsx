import { Checkbox, FormSelect, FormSelectOption, TextInput } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { Field } from '../../ui/Field.tsx'
import { SizeInput } from '../../ui/SizeInput.tsx'
import { useCreating } from './create-context.ts'

interface Labelled {
  /** As the API calls it, e.g. `disks[0]`. */
  field: string
  label: string
  /** Limits and default. */
  hint?: ReactNode
  isRequired?: boolean
}

/** An id may have brackets, but whoever looks for it would have to quote them. */
export const idOf = (field: string): string => `create-${field.replace(/[^\w-]+/g, '-')}`

/** What stands around each control, and what the control needs of it. */
function useLabelled({ field, label, hint, isRequired }: Labelled) {
  const { errorOf } = useCreating()
  const error = errorOf(field)
  const id = idOf(field)
  return {
    frame: { id, label, hint, error, isRequired: isRequired ?? false },
    control: {
      id,
      'aria-describedby': `${id}-hint`,
      validated: error ? ('error' as const) : ('default' as const),
    },
    isInvalid: error !== undefined,
  }
}

export function TextField({
  value,
  onChange,
  type = 'text',
  ...labelled
}: Labelled & { value: string; onChange: (value: string) => void; type?: 'text' | 'password' }) {
  const { frame, control } = useLabelled(labelled)
  return (
    <Field {...frame}>
      <TextInput
        {...control}
        type={type}
        value={value}
        autoComplete={type === 'password' ? 'new-password' : 'off'}
        isRequired={labelled.isRequired ?? false}
        onChange={(_, text) => onChange(text)}
      />
    </Field>
  )
}

export function NumberField({
  value,
  onChange,
  min = 0,
  max,
  ...labelled
}: Labelled & { value: number; onChange: (value: number) => void; min?: number; max?: number | undefined }) {
  const { frame, control } = useLabelled(labelled)
  return (
    <Field {...frame}>
      <TextInput
        {...control}
        type="number"
        min={min}
        {...(max === undefined ? {} : { max })}
        value={Number.isNaN(value) ? '' : value}
        onChange={(_, text) => onChange(text === '' ? Number.NaN : Number(text))}
      />
    </Field>
  )
}

export function SizeField({
  bytes,
  onChange,
  ...labelled
}: Labelled & { bytes: number; onChange: (bytes: number) => void }) {
  const { frame, isInvalid } = useLabelled(labelled)
  return (
    <Field {...frame}>
      <SizeInput id={frame.id} bytes={bytes} isInvalid={isInvalid} onChange={onChange} />
    </Field>
  )
}

export interface Option {
  value: string
  label: string
}

export function SelectField({
  value,
  onChange,
  options,
  ...labelled
}: Labelled & { value: string; onChange: (value: string) => void; options: readonly Option[] }) {
  const { frame, control } = useLabelled(labelled)
  // What a link or an old draft has chosen is shown even where it is not on the list, and the appliance says what is wrong.
  const isListed = options.some((option) => option.value === value)
  return (
    <Field {...frame}>
      <FormSelect {...control} value={value} onChange={(_, chosen) => onChange(chosen)}>
        {(isListed ? options : [{ value, label: value }, ...options]).map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.label} />
        ))}
      </FormSelect>
    </Field>
  )
}

export function CheckField({
  isChecked,
  onChange,
  field,
  label,
  hint,
}: Labelled & { isChecked: boolean; onChange: (isChecked: boolean) => void }) {
  return (
    <Checkbox
      id={idOf(field)}
      label={label}
      {...(hint ? { description: hint } : {})}
      isChecked={isChecked}
      onChange={(_, checked) => onChange(checked)}
    />
  )
}
