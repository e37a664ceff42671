import { Radio, Title } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { CellTable } from './CellTable.tsx'
import { FormDialog } from './FormDialog.tsx'
import { MayButton } from './MayButton.tsx'

const lookEveryMs = 5_000

/** The cells of a pool, and a way to bring another one in. */
export function PoolCells({ pool }: { pool: string }) {
  const { t } = useTranslation('compute')
  const { dialog, open, close } = useDialog()
  const { data, error, refetch } = useQuery({
    ...reading('/compute_cell_status/{pool}', { params: { path: { pool } } }),
    refetchInterval: lookEveryMs,
  })
  return (
    <section>
      <div className="compute-section-head">
        <Title headingLevel="h2" size="lg">
          {t('cells')}
        </Title>
        <MayButton permission="compute.write" variant="secondary" onClick={() => open('addCell')}>
          {t('addCell')}
        </MayButton>
      </div>
      {error && !data ? (
        <Refusal error={error} onRetry={() => void refetch()} />
      ) : (
        <CellTable
          rows={data?.map((cell) => ({ ...cell, pool }))}
          empty={<EmptyNote title={t('noCells')}>{t('noCellsHint')}</EmptyNote>}
        />
      )}
      {dialog === 'addCell' && <AddCell pool={pool} onClose={close} />}
    </section>
  )
}

function AddCell({ pool, onClose }: { pool: string; onClose: () => void }) {
  const { t } = useTranslation(['compute', 'common'])
  const [chosen, setChosen] = useState('')
  const { data: free } = useQuery(reading('/compute_pool_cells'))
  const { mutate, isPending, error } = useChange('post', '/compute_pool_cells/{pool}/{cell}')
  return (
    <FormDialog
      title={t('addCellTitle', { pool })}
      verb={t('common:add')}
      isReady={chosen !== ''}
      isPending={isPending}
      onSubmit={() => mutate({ params: { path: { pool, cell: chosen } } }, { onSuccess: onClose })}
      onClose={onClose}
    >
      {free?.length === 0 && (
        <p>
          {t('noFreeCells')} <Link to="/compute/cells">{t('toCells')}</Link>
        </p>
      )}
      {free?.map(({ name, address }) => (
        <Radio
          key={name}
          id={`cell-${name}`}
          name="cell"
          label={name}
          description={address}
          isChecked={chosen === name}
          onChange={() => setChosen(name)}
        />
      ))}
      <Refusal error={error} />
    </FormDialog>
  )
}
