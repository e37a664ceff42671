import { FormSelect, FormSelectOption, TextArea } from '@patternfly/react-core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { useLayout } from './keyboard-choice.ts'
import { isLayoutName, layoutNames } from './layouts.ts'
import { type KeyEvent, typed } from './typing.ts'

export interface TypeDialogProps {
  onType: (strokes: KeyEvent[][]) => void
  onClose: () => void
}

/** A text that is typed into the guest key by key, as its screen has no other way in. */
export function TypeDialog({ onType, onClose }: TypeDialogProps) {
  const { t } = useTranslation('consoles')
  const [text, setText] = useState('')
  const [layout, setLayout] = useLayout()
  const id = useId()
  const { strokes, missing } = typed(text, layout)
  const error =
    missing.length > 0 ? t('missing', { count: missing.length, characters: missing.join(' ') }) : undefined
  return (
    <FormDialog
      title={t('typeTitle')}
      description={t('typeDescription')}
      verb={t('type')}
      isReady={strokes.length > 0 && missing.length === 0}
      onSubmit={() => {
        onType(strokes)
        onClose()
      }}
      onClose={onClose}
    >
      <Field
        id={`${id}-text`}
        label={t('text')}
        error={error}
        hint={t('characters', { count: [...text].length })}
      >
        <TextArea
          id={`${id}-text`}
          autoFocus
          rows={6}
          resizeOrientation="vertical"
          value={text}
          aria-describedby={`${id}-text-hint`}
          validated={error ? 'error' : 'default'}
          spellCheck={false}
          onChange={(_, value) => setText(value)}
        />
      </Field>
      <Field id={`${id}-layout`} label={t('layout')} hint={t('layoutHint')}>
        <FormSelect
          id={`${id}-layout`}
          value={layout}
          aria-describedby={`${id}-layout-hint`}
          onChange={(_, value) => isLayoutName(value) && setLayout(value)}
        >
          {layoutNames.map((name) => (
            <FormSelectOption key={name} value={name} label={t(`layout-${name}`)} />
          ))}
        </FormSelect>
      </Field>
    </FormDialog>
  )
}
