import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'

export interface FormDialogProps {
  title: string
  verb: string
  isReady: boolean
  isPending: boolean
  children: ReactNode
  onSubmit: () => void
  onClose: () => void
  /** CSS of the field that has the focus at first. */
  first?: string
}

/** A form in a dialog: escape closes, enter submits. */
export function FormDialog(props: FormDialogProps) {
  const { title, verb, isReady, isPending, children, onSubmit, onClose, first } = props
  const { t } = useTranslation()
  const id = useId()
  return (
    <Modal
      isOpen
      variant="medium"
      onClose={onClose}
      aria-labelledby={`${id}-title`}
      {...(first ? { elementToFocus: first } : {})}
    >
      <ModalHeader title={title} labelId={`${id}-title`} />
      <ModalBody tabIndex={0} aria-labelledby={`${id}-title`}>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault()
            if (isReady && !isPending) onSubmit()
          }}
        >
          {children}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} isDisabled={!isReady} isLoading={isPending}>
          {verb}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  )
}
