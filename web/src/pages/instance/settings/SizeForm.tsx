import { Checkbox, NumberInput } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../../api/client.ts'
import { reading } from '../../../api/query.ts'
import { fieldError } from '../../../components/field-error.ts'
import { isOn, stateOf } from '../../../components/guest-verbs.ts'
import { Field } from '../../../ui/Field.tsx'
import { bytesText } from '../../../ui/format.ts'
import { SizeInput } from '../../../ui/SizeInput.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsForm } from './SettingsCard.tsx'
import { useSaving } from './use-saving.ts'

const gibibyte = 2 ** 30

/** Cores and memory; of a running guest at once, as far as it was started with room to. */
export function SizeForm({ guest }: { guest: GuestDetail }) {
  const { t, i18n } = useTranslation('instance')
  const { data: system } = useQuery(reading('/system'))
  const runs = isOn(stateOf(guest))
  const [draftCores, setCores] = useState<number>()
  const [draftMemory, setMemory] = useState<number>()
  const { cores = guest.cores, memory = guest.memory } = { cores: draftCores, memory: draftMemory }
  const [isImmediate, setImmediate] = useState(runs)
  const saving = useSaving()
  const immediate = runs && isImmediate
  const params = { path: { id: guest.id } }
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  const steps = [
    cores !== guest.cores &&
      (() => call('put', '/guests/{id}/cores', { params, body: { cores, immediate } })),
    memory !== guest.memory &&
      (() => call('put', '/guests/{id}/memory', { params, body: { memory, immediate } })),
  ]
  const mostCores = immediate ? guest.max_cores : system?.max_cores
  const mostMemory = immediate ? guest.max_memory : system && system.max_memory * gibibyte
  return (
    <SettingsForm
      title={t('sizeTitle')}
      isDirty={cores > 0 && memory > 0 && steps.some(Boolean)}
      saving={saving}
      fields={['cores', 'memory']}
      onSave={() => saving.mutate(steps)}
    >
      <Field
        id="cores"
        label={t('cores')}
        error={fieldError(saving.error, 'cores')}
        {...(mostCores ? { hint: t('atMost', { most: mostCores }) } : {})}
      >
        <NumberInput
          id="cores"
          inputName="cores"
          value={cores}
          min={1}
          {...(mostCores ? { max: mostCores } : {})}
          inputAriaLabel={t('cores')}
          minusBtnAriaLabel={t('fewer')}
          plusBtnAriaLabel={t('more')}
          onMinus={() => setCores(cores - 1)}
          onPlus={() => setCores(cores + 1)}
          onChange={(event) => setCores(Number(event.currentTarget.value))}
        />
      </Field>
      <Field
        id="memory"
        label={t('memory')}
        error={fieldError(saving.error, 'memory')}
        {...(mostMemory ? { hint: t('atMost', { most: size(mostMemory) }) } : {})}
      >
        <SizeInput
          key={guest.memory}
          id="memory"
          bytes={memory}
          isInvalid={fieldError(saving.error, 'memory') !== undefined}
          onChange={setMemory}
        />
      </Field>
      {runs && (
        <Checkbox
          id="immediate"
          label={t('immediate')}
          description={isImmediate ? t('immediateOn') : t('immediateOff')}
          isChecked={isImmediate}
          onChange={(_, isChecked) => setImmediate(isChecked)}
        />
      )}
    </SettingsForm>
  )
}
