import './templates.css'
import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TemplateFields } from './TemplateFields.tsx'
import type { TemplateBody } from './template.ts'

export interface TemplateDialogProps {
  title: string
  verb: string
  start: TemplateBody
  isPending: boolean
  error: unknown
  /** What the fields do not show of the error. */
  refusal: ReactNode
  onSubmit: (body: TemplateBody) => void
  onClose: () => void
}

/** A template as a form, two columns where there is room. */
export function TemplateDialog(props: TemplateDialogProps) {
  const { title, verb, start, isPending, error, refusal, onSubmit, onClose } = props
  const { t } = useTranslation()
  const [body, setBody] = useState(start)
  const id = useId()
  return (
    <Modal
      isOpen
      variant="medium"
      onClose={onClose}
      aria-labelledby={`${id}-title`}
      elementToFocus={`#${CSS.escape(id)}-name`}
    >
      <ModalHeader title={title} labelId={`${id}-title`} />
      <ModalBody>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault()
            if (!isPending) onSubmit(body)
          }}
        >
          <TemplateFields
            id={id}
            body={body}
            error={error}
            change={(patch) => setBody((before) => ({ ...before, ...patch }))}
          />
          {refusal}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} isDisabled={body.name.trim() === ''} isLoading={isPending}>
          {verb}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  )
}
