import { TextInput } from '@patternfly/react-core'
import { Field, type FieldProps } from './Field.tsx'

export interface TextFieldProps extends Omit<FieldProps, 'children'> {
  value: string
  type?: 'text' | 'password' | 'email' | 'number' | 'datetime-local'
  autoComplete?: string
  isDisabled?: boolean
  onChange: (value: string) => void
}

/** A line of text with its label, hint and error. */
export function TextField({
  value,
  type = 'text',
  autoComplete = 'off',
  isDisabled,
  onChange,
  ...field
}: TextFieldProps) {
  return (
    <Field {...field}>
      <TextInput
        id={field.id}
        type={type}
        value={value}
        autoComplete={autoComplete}
        isDisabled={isDisabled ?? false}
        isRequired={field.isRequired ?? false}
        aria-describedby={`${field.id}-hint`}
        validated={field.error ? 'error' : 'default'}
        onChange={(_, text) => onChange(text)}
      />
    </Field>
  )
}
