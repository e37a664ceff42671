import { TextArea } from '@patternfly/react-core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'

export interface PasteDialogProps {
  onPaste: (text: string) => void
  onClose: () => void
}

/** A text for the serial console, looked at before it goes there. */
export function PasteDialog({ onPaste, onClose }: PasteDialogProps) {
  const { t } = useTranslation('consoles')
  const [text, setText] = useState('')
  const id = useId()
  return (
    <FormDialog
      title={t('pasteTitle')}
      verb={t('paste')}
      isReady={text !== ''}
      onSubmit={() => {
        onPaste(text)
        onClose()
      }}
      onClose={onClose}
    >
      <Field id={id} label={t('text')} hint={t('pasteHint')}>
        <TextArea
          id={id}
          autoFocus
          rows={6}
          resizeOrientation="vertical"
          value={text}
          aria-describedby={`${id}-hint`}
          spellCheck={false}
          onChange={(_, value) => setText(value)}
        />
      </Field>
    </FormDialog>
  )
}
