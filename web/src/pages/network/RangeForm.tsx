import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'
import type { Pool, RangeType } from './addresses.ts'

export interface RangeFormProps {
  pool: Pool
  type: RangeType
  onClose: () => void
}

/** Adds a range; the first internal one makes the network of the pool. */
export function RangeForm({ pool, type, onClose }: RangeFormProps) {
  const { t } = useTranslation(['network', 'common'])
  const [values, setValues] = useState({
    start: '',
    end: '',
    netmask: (type === 'internal' && pool.ranges[0]?.netmask) || '255.255.255.0',
  })
  const add = useChange('post', '/address_pools/{name}/{type}/ranges/{start}', { onSuccess: onClose })
  const fields = ['start', 'end', 'netmask'] as const
  const hint = {
    start: t(type === 'internal' ? 'internalHint' : 'externalHint'),
    end: undefined,
    netmask: t('netmaskHint'),
  }
  return (
    <FormDialog
      title={t(type === 'internal' ? 'addRangeTitle_internal' : 'addRangeTitle_external')}
      verb={t('common:add')}
      isReady={values.start !== '' && values.end !== '' && values.netmask !== ''}
      isPending={add.isPending}
      error={<Refusal error={otherError(add.error, fields)} />}
      onSubmit={() =>
        add.mutate({
          params: { path: { name: pool.name, type, start: values.start.trim() } },
          body: { end: values.end.trim(), netmask: values.netmask.trim() },
        })
      }
      onClose={onClose}
    >
      {fields.map((field) => (
        <TextField
          key={field}
          id={`range-${field}`}
          label={t(field)}
          isRequired
          value={values[field]}
          hint={hint[field]}
          error={fieldError(add.error, field)}
          onChange={(text) => setValues({ ...values, [field]: text })}
        />
      ))}
    </FormDialog>
  )
}
