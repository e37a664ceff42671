import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'

export interface FormDialogProps {
  title: string
  /** The verb on the button. */
  verb: string
  description?: string
  isReady?: boolean
  isPending?: boolean
  error?: ReactNode
  children: ReactNode
  onSubmit: () => void
  onClose: () => void
}

/** A short form in a dialog: enter submits, escape closes. */
export function FormDialog(props: FormDialogProps) {
  const {
    title,
    verb,
    description,
    isReady = true,
    isPending = false,
    error,
    children,
    onSubmit,
    onClose,
  } = props
  const { t } = useTranslation()
  const id = useId()
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby={`${id}-title`}>
      <ModalHeader title={title} labelId={`${id}-title`} {...(description ? { description } : {})} />
      <ModalBody>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault()
            if (isReady && !isPending) onSubmit()
          }}
        >
          {children}
          {error}
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
