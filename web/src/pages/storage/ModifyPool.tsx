import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { Refusal, useRefusalText } from '../../components/Refusal.tsx'
import { PoolForm } from './PoolForm.tsx'
import { changeBody, isPoolType, type PoolDetails, refusedField, valuesOf } from './pool-fields.ts'

/** What of a pool can be changed; the appliance tries the changed pool before it records it. */
export function ModifyPool({ pool, onClose }: { pool: PoolDetails; onClose: () => void }) {
  const { t } = useTranslation(['storage', 'common'])
  const [before] = useState(() => valuesOf(pool))
  const [values, setValues] = useState(before)
  const textOf = useRefusalText()
  const { mutate, isPending, error } = useChange('put', '/storage_pools/{pool}')
  if (!isPoolType(pool.type)) return null
  const refused = refusedField(error, pool.type)
  const body = changeBody(pool.type, before, values)
  const isChanged = Object.keys(body).length > 0
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="modify-pool-title">
      <ModalHeader title={t('modifyTitle', { name: pool.name })} labelId="modify-pool-title" />
      <ModalBody>
        <Form
          id="modify-pool"
          onSubmit={(event) => {
            event.preventDefault()
            if (isChanged && !isPending)
              mutate({ params: { path: { pool: pool.name } }, body }, { onSuccess: onClose })
          }}
        >
          <PoolForm
            type={pool.type}
            values={values}
            onChange={(change) => setValues({ ...values, ...change })}
            errorOf={(key) => (refused === key ? textOf(error) : undefined)}
            isChange
          />
          {error && refused === undefined && <Refusal error={error} />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="modify-pool" isDisabled={!isChanged} isLoading={isPending}>
          {isPending ? t('probing') : t('common:save')}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('common:cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  )
}
