import { Checkbox, TextInput } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDraft } from '../../components/use-draft.ts'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from './FormDialog.tsx'
import { PoolParts } from './PoolParts.tsx'
import { createBody, isNetworkMode, type PoolParts as Parts } from './pool-body.ts'

const fields = ['name', 'network_mode', 'network', 'storage', 'failover', 'cells']
const initial = { name: '', network_mode: 'share', network: '', storage: '', failover: '' }

/** A new compute pool, with cells that belong to none. */
export function CreateComputePool({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['compute', 'common'])
  const navigate = useNavigate()
  const { values, set, forget } = useDraft({ key: 'computePool', initial })
  const [cells, setCells] = useState<readonly string[]>([])
  const { mutate, isPending, error } = useChange('post', '/compute_pools/{pool}')
  const { data: free } = useQuery(reading('/compute_pool_cells'))
  const name = values['name'] ?? ''
  const mode = values['network_mode']
  const parts: Parts = {
    network_mode: isNetworkMode(mode) ? mode : 'share',
    network: values['network'] ?? '',
    storage: values['storage'] ?? '',
    failover: values['failover'] === 'true',
  }
  const create = () =>
    mutate(
      { params: { path: { pool: name } }, body: createBody(parts, cells) },
      {
        onSuccess: () => {
          forget()
          void navigate({ to: '/compute/pools/$pool', params: { pool: name } })
        },
      },
    )
  const toggle = (cell: string, isChosen: boolean) =>
    setCells(isChosen ? [...cells, cell] : cells.filter((other) => other !== cell))
  return (
    <FormDialog
      title={t('createPool')}
      verb={t('createPool')}
      isReady={name !== ''}
      isPending={isPending}
      onSubmit={create}
      onClose={onClose}
      first="#pool-name"
    >
      <Field
        id="pool-name"
        label={t('common:name')}
        hint={t('nameHint')}
        error={fieldError(error, 'name')}
        isRequired
      >
        <TextInput
          id="pool-name"
          aria-describedby="pool-name-hint"
          value={name}
          isRequired
          onChange={(_, value) => set({ name: value })}
        />
      </Field>
      <PoolParts
        parts={parts}
        onChange={(next) => set({ ...next, failover: String(next.failover) })}
        errorOf={(field) => fieldError(error, field)}
      />
      <Field
        id="pool-cells"
        label={t('cells')}
        hint={free?.length === 0 ? t('noFreeCells') : t('freeCellsHint')}
        error={fieldError(error, 'cells')}
      >
        {free?.map((cell) => (
          <Checkbox
            key={cell.name}
            id={`pool-cell-${cell.name}`}
            label={cell.name}
            isChecked={cells.includes(cell.name)}
            onChange={(_, isChosen) => toggle(cell.name, isChosen)}
          />
        ))}
      </Field>
      <Refusal error={otherError(error, fields)} />
    </FormDialog>
  )
}
