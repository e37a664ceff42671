import { FormGroup, Radio, TextArea } from '@patternfly/react-core'
import { useDeferredValue, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePlan } from '../../../api/plan.ts'
import { useChange } from '../../../api/query.ts'
import { fieldError, otherError } from '../../../components/field-error.ts'
import { isOn, stateOf, type VerbGuest } from '../../../components/guest-verbs.ts'
import { PlanPreview } from '../../../components/PlanPreview.tsx'
import { Refusal } from '../../../components/Refusal.tsx'
import { Field } from '../../../ui/Field.tsx'
import { FormDialog } from '../../../ui/FormDialog.tsx'
import { bytesText } from '../../../ui/format.ts'
import { TextField } from '../../../ui/TextField.tsx'

const contents = ['crash', 'filesystem', 'memory'] as const
type Contents = (typeof contents)[number]

export interface TakeSnapshotProps {
  guest: VerbGuest & { memory: number }
  onTaken: (name: string) => void
  onClose: () => void
}

/** Asks for a new snapshot; of a running guest also for what it shall hold. */
export function TakeSnapshot({ guest, onTaken, onClose }: TakeSnapshotProps) {
  const { t, i18n } = useTranslation('snapshots')
  const id = useId()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [held, setHeld] = useState<Contents>('crash')
  const isRunning = isOn(stateOf(guest))
  const body = {
    name,
    description,
    memory: isRunning && held === 'memory',
    consistency: isRunning && held === 'filesystem' ? ('filesystem' as const) : ('crash' as const),
  }
  const request = { params: { path: { id: guest.id } }, body }
  const asked = useDeferredValue(request)
  const plan = usePlan('post', '/instances/{id}/snapshots', asked.body.name === '' ? undefined : asked)
  const { mutate, isPending, error } = useChange('post', '/instances/{id}/snapshots', {
    onSuccess: () => onTaken(name),
  })
  const wrong = error ?? plan.error
  const size = bytesText(guest.memory, i18n.language)
  return (
    <FormDialog
      title={t('takeTitle')}
      verb={t('take')}
      isReady={name !== ''}
      isPending={isPending}
      error={<Refusal error={otherError(error, ['name', 'description', 'consistency', 'memory'])} />}
      onSubmit={() => mutate(request)}
      onClose={onClose}
    >
      <TextField
        id={`${id}-name`}
        label={t('name')}
        hint={t('nameHint')}
        error={fieldError(wrong, 'name')}
        isRequired
        value={name}
        onChange={setName}
      />
      <Field id={`${id}-description`} label={t('description')} error={fieldError(wrong, 'description')}>
        <TextArea
          id={`${id}-description`}
          rows={2}
          resizeOrientation="vertical"
          value={description}
          aria-describedby={`${id}-description-hint`}
          onChange={(_, text) => setDescription(text)}
        />
      </Field>
      {isRunning ? (
        <FormGroup role="radiogroup" label={t('contents')} fieldId={`${id}-contents`}>
          {contents.map((one) => (
            <Radio
              key={one}
              id={`${id}-${one}`}
              name={`${id}-contents`}
              label={t(`held-${one}`)}
              description={t(`held-${one}-text`, { size })}
              isChecked={held === one}
              onChange={() => setHeld(one)}
            />
          ))}
          {(fieldError(wrong, 'consistency') || fieldError(wrong, 'memory')) && <Refusal error={wrong} />}
        </FormGroup>
      ) : (
        <p>{t('offIsAtRest')}</p>
      )}
      {asked.body.name !== '' && !wrong && <PlanPreview asked={plan} />}
    </FormDialog>
  )
}
