import { Switch, TextArea } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'
import { type SettingView, useSettingWords } from './setting-words.ts'

const asText = (value: unknown) => (Array.isArray(value) ? value.join('\n') : String(value))

/** The control follows from what the default is. */
export function ChangeSetting({ setting, onClose }: { setting: SettingView; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const { aboutOf } = useSettingWords()
  const [text, setText] = useState(asText(setting.value))
  const set = useChange('put', '/settings/{name}', { onSuccess: onClose })
  const error = fieldError(set.error, 'value') ?? fieldError(set.error, setting.name)
  const value = () => {
    if (typeof setting.default === 'boolean') return text === 'true'
    if (typeof setting.default === 'number') return Number(text)
    return Array.isArray(setting.default) ? text.split('\n').filter((line) => line.trim() !== '') : text
  }
  const label = setting.unit === null ? t('value') : `${t('value')} (${setting.unit})`
  const field = { id: 'setting-value', label, error, value: text }
  return (
    <FormDialog
      title={t('changeNamed', { name: setting.name })}
      description={aboutOf(setting)}
      verb={t('change')}
      isPending={set.isPending}
      error={<Refusal error={otherError(set.error, ['value', setting.name])} />}
      onSubmit={() => set.mutate({ params: { path: { name: setting.name } }, body: { value: value() } })}
      onClose={onClose}
    >
      {typeof setting.default === 'boolean' ? (
        <Switch
          id="setting-value"
          label={text === 'true' ? t('yes') : t('no')}
          isChecked={text === 'true'}
          onChange={(_, isOn) => setText(String(isOn))}
        />
      ) : Array.isArray(setting.default) ? (
        <Field id="setting-value" label={label} hint={t('listHint')} error={error}>
          <TextArea
            id="setting-value"
            value={text}
            aria-describedby="setting-value-hint"
            autoResize
            onChange={(_, lines) => setText(lines)}
          />
        </Field>
      ) : (
        <TextField
          {...field}
          type={typeof setting.default === 'number' ? 'number' : 'text'}
          onChange={setText}
        />
      )}
    </FormDialog>
  )
}
