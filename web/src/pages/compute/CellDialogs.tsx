import { FormSelect, FormSelectOption, TextInput } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { Field } from '../../ui/Field.tsx'
import type { CellDetails, CellPlace } from './Cell.tsx'
import { FormDialog } from './FormDialog.tsx'

interface DialogProps {
  cell: CellDetails
  place: CellPlace
  onClose: () => void
}

/** The dialogs about one cell. */
export function CellDialogs({ cell, place }: Omit<DialogProps, 'onClose'>) {
  const { dialog, close } = useDialog()
  if (dialog === 'bridge') return <Bridge cell={cell} place={place} onClose={close} />
  if (dialog === 'storage') return <NewDisks place={place} onClose={close} />
  if (dialog === 'remove') return <Remove cell={cell} place={place} onClose={close} />
  return null
}

function Bridge({ cell, place, onClose }: DialogProps) {
  const { t } = useTranslation(['compute', 'common'])
  const [bridge, setBridge] = useState(cell.bridge)
  const { mutate, isPending, error } = useChange('put', '/compute_pool_cells/{pool}/{cell}')
  return (
    <FormDialog
      title={t('bridgeTitle', { name: cell.name })}
      verb={t('common:save')}
      isReady={bridge !== cell.bridge}
      isPending={isPending}
      onSubmit={() =>
        mutate({ params: { path: { ...place } }, body: { bridge: bridge || null } }, { onSuccess: onClose })
      }
      onClose={onClose}
      first="#cell-bridge"
    >
      <Field id="cell-bridge" label={t('bridge')} hint={t('bridgeHint')} error={fieldError(error, 'bridge')}>
        <TextInput
          id="cell-bridge"
          aria-describedby="cell-bridge-hint"
          value={bridge}
          onChange={(_, value) => setBridge(value)}
        />
      </Field>
      <Refusal error={otherError(error, ['bridge'])} />
    </FormDialog>
  )
}

function NewDisks({ place, onClose }: Omit<DialogProps, 'cell'>) {
  const { t } = useTranslation(['compute', 'common'])
  const { data: current } = useQuery(
    reading('/compute_cell_status/{pool}/{cell}/storages', { params: { path: { ...place } } }),
  )
  const { data: pools } = useQuery(reading('/storage_pools'))
  const [chosen, setChosen] = useState<string>()
  const { mutate, isPending, error } = useChange('put', '/compute_cell_status/{pool}/{cell}/storages')
  const value = chosen ?? current?.default ?? ''
  return (
    <FormDialog
      title={t('changeNewDisks')}
      verb={t('common:save')}
      isReady={value !== '' && value !== current?.default}
      isPending={isPending}
      onSubmit={() =>
        mutate({ params: { path: { ...place } }, body: { default: value } }, { onSuccess: onClose })
      }
      onClose={onClose}
    >
      <Field
        id="cell-storage"
        label={t('storagePool')}
        hint={t('newDisksHint')}
        error={fieldError(error, 'default')}
      >
        <FormSelect
          id="cell-storage"
          aria-describedby="cell-storage-hint"
          value={value}
          onChange={(_, name) => setChosen(name)}
        >
          {pools?.map(({ name }) => (
            <FormSelectOption key={name} value={name} label={name} />
          ))}
        </FormSelect>
      </Field>
      <Refusal error={otherError(error, ['default'])} />
    </FormDialog>
  )
}

function Remove({ cell, place, onClose }: DialogProps) {
  const { t } = useTranslation('compute')
  const navigate = useNavigate()
  const { mutate, isPending, error } = useChange('delete', '/compute_pool_cells/{pool}/{cell}')
  return (
    <Confirm
      title={t('removeCellTitle', { name: cell.name, pool: place.pool })}
      verb={t('removeCell')}
      isDanger
      isPending={isPending}
      error={<Refusal error={error} />}
      onConfirm={() =>
        mutate(
          { params: { path: { ...place } } },
          { onSuccess: () => void navigate({ to: '/compute/cells' }) },
        )
      }
      onClose={onClose}
    >
      <p>{t('removeCellText')}</p>
    </Confirm>
  )
}
