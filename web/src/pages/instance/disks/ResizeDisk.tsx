import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusedField, usePlan } from '../../../api/plan.ts'
import { reading, useChange } from '../../../api/query.ts'
import { fieldError } from '../../../components/field-error.ts'
import { isOn, shortName, stateOf } from '../../../components/guest-verbs.ts'
import { Field } from '../../../ui/Field.tsx'
import { bytesText } from '../../../ui/format.ts'
import { SizeInput } from '../../../ui/SizeInput.tsx'
import { useSettled } from '../use-settled.ts'
import type { DiskDialogProps } from './disk.ts'
import { PlanDialog } from './PlanDialog.tsx'

const gibibyte = 2 ** 30
const path = '/guests/{id}/disks/resize/{index}'

/** Grows a disk, also while the guest runs where its pool can. */
export function ResizeDisk({ guest, disk, onClose }: DiskDialogProps) {
  const { t, i18n } = useTranslation('instance')
  const [bytes, setBytes] = useState(disk.size)
  const settled = useSettled(bytes)
  const isLarger = Number.isFinite(bytes) && bytes > disk.size
  const requestOf = (size: number) => ({
    params: { path: { id: guest.id, index: String(disk.index) } },
    body: { size, immediate: isOn(stateOf(guest)) },
  })
  const asked = usePlan('put', path, isLarger && settled > disk.size ? requestOf(settled) : undefined)
  const resize = useChange('put', path, { onSuccess: onClose })
  const { data: system } = useQuery(reading('/system'))
  const size = (value: number) => bytesText(value, i18n.language)
  const error = refusedField(asked.error) === 'size' ? fieldError(asked.error, 'size') : undefined
  return (
    <PlanDialog
      title={t('resizeTitle', { disk: disk.index, name: shortName(guest) })}
      verb={t('resizeVerb')}
      isReady={isLarger}
      asked={asked}
      field="size"
      change={resize}
      onConfirm={() => resize.mutate(requestOf(bytes))}
      onClose={onClose}
    >
      <Field
        id="disk-size"
        label={t('newSize')}
        hint={
          system
            ? t('resizeHint', { now: size(disk.size), most: size(system.max_disk * gibibyte) })
            : t('resizeFrom', { now: size(disk.size) })
        }
        error={error ?? (isLarger || bytes === disk.size ? undefined : t('onlyLarger'))}
        isRequired
      >
        <SizeInput id="disk-size" bytes={disk.size} isInvalid={error !== undefined} onChange={setBytes} />
      </Field>
      <p>{t('resizeInside')}</p>
    </PlanDialog>
  )
}
