import { FormSelect, FormSelectOption } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import type { components } from '../../../api/schema.d.ts'
import { Field } from '../../../ui/Field.tsx'
import { bytesText } from '../../../ui/format.ts'

export interface ImageSelectProps {
  id: string
  label: string
  images: readonly components['schemas']['Image'][] | undefined
  value: string
  /** Said where there is none. */
  emptyHint: string
  error?: string | undefined
  onChange: (id: string) => void
}

/** One of the images whose bytes are there. */
export function ImageSelect({ id, label, images, value, emptyHint, error, onChange }: ImageSelectProps) {
  const { t, i18n } = useTranslation('instance')
  const ready = images?.filter(({ created }) => created)
  return (
    <Field
      id={id}
      label={label}
      error={error}
      isRequired
      {...(ready?.length === 0 ? { hint: emptyHint } : {})}
    >
      <FormSelect
        id={id}
        value={value}
        aria-describedby={`${id}-hint`}
        validated={error ? 'error' : 'default'}
        onChange={(_, chosen) => onChange(chosen)}
      >
        <FormSelectOption value="" label={t('choose')} isPlaceholder />
        {ready?.map((image) => (
          <FormSelectOption
            key={image.id}
            value={image.id}
            label={`${image.name} (${bytesText(image.virtual_size || image.size, i18n.language)})`}
          />
        ))}
      </FormSelect>
    </Field>
  )
}
