import {
  Button,
  Form,
  FormSelect,
  FormSelectOption,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { Refusal, useRefusalText } from '../../components/Refusal.tsx'
import { useDraft } from '../../components/use-draft.ts'
import { Field } from '../../ui/Field.tsx'
import { PoolForm } from './PoolForm.tsx'
import { createBody, isPoolType, poolTypes, refusedField } from './pool-fields.ts'

const route = getRouteApi('/framed/storage')
const secret = ['key', 'chap_secret']

/** A new pool; the appliance tries it for real before it records it, and says what fails under its field. */
export function CreatePool({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['storage', 'common'])
  const { type: asked } = route.useSearch()
  const type = isPoolType(asked) ? asked : 'dir'
  const navigate = route.useNavigate()
  const { values, set, forget } = useDraft({ key: 'storagePool', initial: { name: '' }, secret })
  const textOf = useRefusalText()
  const { mutate, isPending, error, reset } = useChange('post', '/storage_pools/{pool}')
  const refused = refusedField(error, type)
  const errorOf = (key: string) => (refused === key ? textOf(error) : undefined)
  const name = values['name'] ?? ''
  const create = () =>
    mutate(
      { params: { path: { pool: name } }, body: createBody(type, values) },
      {
        onSuccess: () => {
          forget()
          void navigate({ to: '/storage/$pool', params: { pool: name } })
        },
      },
    )
  return (
    <Modal
      isOpen
      variant="medium"
      onClose={onClose}
      aria-labelledby="create-pool-title"
      elementToFocus="#pool-name"
    >
      <ModalHeader title={t('createPool')} labelId="create-pool-title" />
      <ModalBody tabIndex={0} aria-labelledby="create-pool-title">
        <Form
          id="create-pool"
          onSubmit={(event) => {
            event.preventDefault()
            if (name !== '' && !isPending) create()
          }}
        >
          <Field
            id="pool-name"
            label={t('common:name')}
            hint={t('nameHint')}
            error={errorOf('name')}
            isRequired
          >
            <TextInput
              id="pool-name"
              aria-describedby="pool-name-hint"
              value={name}
              isRequired
              validated={errorOf('name') ? 'error' : 'default'}
              onChange={(_, value) => set({ name: value })}
            />
          </Field>
          <Field id="pool-type" label={t('type')} hint={t(`hint_${type}`)} error={errorOf('type')}>
            <FormSelect
              id="pool-type"
              aria-describedby="pool-type-hint"
              value={type}
              onChange={(_, chosen) => {
                reset()
                void navigate({ search: (earlier) => ({ ...earlier, type: chosen }), replace: true })
              }}
            >
              {poolTypes.map((one) => (
                <FormSelectOption key={one} value={one} label={t(`type_${one}`)} />
              ))}
            </FormSelect>
          </Field>
          <PoolForm type={type} values={values} onChange={set} errorOf={errorOf} />
          {error && refused === undefined && <Refusal error={error} />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="create-pool" isDisabled={name === ''} isLoading={isPending}>
          {isPending ? t('probing') : t('createPool')}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('common:cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  )
}
