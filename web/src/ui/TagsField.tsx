import { Label, LabelGroup, TextInput } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field } from './Field.tsx'

export interface TagsFieldProps {
  id: string
  tags: readonly string[]
  error?: string | undefined
  onChange: (tags: string[]) => void
}

const added = (tags: readonly string[], text: string) => [
  ...new Set([...tags, ...text.split(',').map((tag) => tag.trim())].filter((tag) => tag !== '')),
]

/** Tags: enter or a comma ends one, backspace in an empty field takes the last one away. */
export function TagsField({ id, tags, error, onChange }: TagsFieldProps) {
  const { t } = useTranslation('images')
  const [text, setText] = useState('')
  const take = () => {
    setText('')
    if (text.trim() !== '') onChange(added(tags, text))
  }
  return (
    <Field id={id} label={t('tags')} hint={t('tagsHint')} error={error}>
      <TextInput
        id={id}
        value={text}
        aria-describedby={`${id}-hint`}
        validated={error ? 'error' : 'default'}
        onBlur={take}
        onChange={(_, value) => {
          const isEnded = value.includes(',')
          setText(isEnded ? '' : value)
          if (isEnded) onChange(added(tags, value))
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && text.trim() !== '') {
            event.preventDefault()
            take()
          } else if (event.key === 'Backspace' && text === '') onChange(tags.slice(0, -1))
        }}
      />
      {tags.length > 0 && (
        <LabelGroup aria-label={t('tags')} numLabels={10}>
          {tags.map((tag) => (
            <Label
              key={tag}
              isCompact
              closeBtnAriaLabel={t('removeTag', { tag })}
              onClose={() => onChange(tags.filter((one) => one !== tag))}
            >
              {tag}
            </Label>
          ))}
        </LabelGroup>
      )}
    </Field>
  )
}
