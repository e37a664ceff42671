import { Checkbox, FormSelect, FormSelectOption } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../../api/errors.ts'
import { Field } from '../../ui/Field.tsx'
import { TextField } from '../../ui/TextField.tsx'
import { type Choice, choices, devices, flags, type TemplateBody, versionsOf } from './template.ts'

export interface TemplateFieldsProps {
  /** That of the name is `<id>-name`. */
  id: string
  body: TemplateBody
  change: (patch: Partial<TemplateBody>) => void
  /** Of the last attempt. */
  error: unknown
}

/** What a template is, and the devices that it gives a guest. */
export function TemplateFields({ id, body, change, error }: TemplateFieldsProps) {
  const { t } = useTranslation('templates')
  const [versions, setVersions] = useState(() => body.system_versions.join(', '))
  const errorOf = (field: string) =>
    error instanceof ApiError && (error.field === field || error.field?.startsWith(`${field}[`))
      ? error.message
      : undefined
  const select = (choice: Choice) => (
    <ChoiceField
      key={choice}
      id={`${id}-${choice}`}
      choice={choice}
      value={body[choice]}
      error={errorOf(choice)}
      onChange={(value) => change({ [choice]: value })}
    />
  )
  return (
    <div className="template-fields">
      <TextField
        id={`${id}-name`}
        label={t('name')}
        isRequired
        hint={t('nameHint')}
        error={errorOf('name')}
        value={body.name}
        onChange={(name) => change({ name })}
      />
      {select('operating_system')}
      <TextField
        id={`${id}-versions`}
        label={t('system_versions')}
        hint={t('versionsHint')}
        error={errorOf('system_versions')}
        value={versions}
        onChange={(text) => {
          setVersions(text)
          change({ system_versions: versionsOf(text) })
        }}
      />
      <TextField
        id={`${id}-admin`}
        label={t('admin')}
        hint={t('adminHint')}
        error={errorOf('admin')}
        value={body.admin}
        onChange={(admin) => change({ admin })}
      />
      {devices.map(select)}
      {flags.map((flag) => (
        <Checkbox
          key={flag}
          id={`${id}-${flag}`}
          label={t(flag)}
          description={t(`hint_${flag}`)}
          {...(errorOf(flag) ? { body: errorOf(flag) } : {})}
          isChecked={body[flag]}
          onChange={(_, isChecked) => change({ [flag]: isChecked })}
        />
      ))}
    </div>
  )
}

interface ChoiceFieldProps {
  id: string
  choice: Choice
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

function ChoiceField({ id, choice, value, error, onChange }: ChoiceFieldProps) {
  const { t } = useTranslation('templates')
  return (
    <Field id={id} label={t(choice)} error={error}>
      <FormSelect
        id={id}
        aria-describedby={`${id}-hint`}
        value={value}
        validated={error ? 'error' : 'default'}
        onChange={(_, chosen) => onChange(chosen)}
      >
        {choices[choice].map((one) => (
          <FormSelectOption key={one} value={one} label={one === '' ? t('none') : one} />
        ))}
      </FormSelect>
    </Field>
  )
}
