import {
  Button,
  Form,
  FormGroup,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core'
import { type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'

export interface ConfirmProps {
  title: string
  /** What is lost, in sentences. */
  children?: ReactNode
  /** The verb on the button. */
  verb: string
  isDanger?: boolean
  isPending?: boolean
  /** Whether what is asked for has been filled in; default yes. */
  isReady?: boolean
  /** Only where nothing brings it back: this has to be typed. */
  typed?: string
  /** Why the last attempt failed. */
  error?: ReactNode
  onConfirm: () => void
  onClose: () => void
}

/** Asks before something is done: escape closes, enter confirms. */
export function Confirm(props: ConfirmProps) {
  const { title, children, verb, isDanger, isPending, typed, error, onConfirm, onClose } = props
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const id = useId()
  const isReady = props.isReady !== false && (typed === undefined || text === typed)
  return (
    <Modal
      isOpen
      variant="small"
      onClose={onClose}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
    >
      <ModalHeader
        title={title}
        labelId={`${id}-title`}
        {...(isDanger ? { titleIconVariant: 'warning' } : {})}
      />
      <ModalBody id={`${id}-body`}>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault()
            if (isReady && !isPending) onConfirm()
          }}
        >
          {children}
          {typed !== undefined && (
            <FormGroup label={t('typeName', { name: typed })} fieldId={`${id}-name`}>
              <TextInput
                id={`${id}-name`}
                value={text}
                autoComplete="off"
                onChange={(_, value) => setText(value)}
              />
            </FormGroup>
          )}
          {error}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={id}
          variant={isDanger ? 'danger' : 'primary'}
          isDisabled={!isReady}
          isLoading={isPending ?? false}
        >
          {verb}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  )
}
