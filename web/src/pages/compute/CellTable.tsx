import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { EnabledState } from './EnabledState.tsx'
import { CpuBar, GuestsText, MemoryBar } from './Loads.tsx'
import type { CellStatus } from './pool-body.ts'
import { useCellVerbs } from './use-cell-verbs.ts'

/** A cell of a pool with its load; the load is not known of one that belongs to no pool. */
export type CellRow = Pick<CellStatus, 'name' | 'address' | 'enabled' | 'alive'> &
  Partial<CellStatus> & { pool?: string }

export interface CellTableProps {
  rows: readonly CellRow[] | undefined
  /** Also in which pool each is. */
  withPool?: boolean
  empty: ReactNode
}

/** Cells with their state and load. */
export function CellTable({ rows, withPool, empty }: CellTableProps) {
  const { t } = useTranslation('compute')
  const columns = useColumns().filter(({ key }) => withPool || key !== 'pool')
  return (
    <DataTable
      label={t('cells')}
      columns={columns}
      rows={rows}
      rowKey={({ name }) => name}
      rowActions={(cell) => cell.pool !== undefined && <CellMenu pool={cell.pool} cell={cell} />}
      empty={empty}
    />
  )
}

const CellMenu = ({ pool, cell }: { pool: string; cell: CellRow }) => (
  <RowMenu name={cell.name} verbs={useCellVerbs(pool, cell)} />
)

function useColumns(): Column<CellRow>[] {
  const { t } = useTranslation(['compute', 'common'])
  return [
    {
      key: 'state',
      title: t('common:state'),
      modifier: 'nowrap',
      render: ({ enabled, alive }) => <EnabledState isEnabled={enabled} isAlive={alive} />,
    },
    { key: 'name', title: t('common:name'), render: (cell) => <CellName cell={cell} /> },
    {
      key: 'pool',
      title: t('computePool'),
      modifier: 'nowrap',
      render: ({ pool }) =>
        pool ? (
          <Link to="/compute/pools/$pool" params={{ pool }}>
            {pool}
          </Link>
        ) : (
          t('common:none')
        ),
    },
    { key: 'address', title: t('address'), render: ({ address }) => address },
    {
      key: 'guests',
      title: t('guests'),
      render: ({ instances }) => instances && <GuestsText instances={instances} />,
    },
    { key: 'cpu', title: t('cpu'), render: (cell) => isKnown(cell) && <CpuBar load={cell} /> },
    { key: 'memory', title: t('memory'), render: (cell) => isKnown(cell) && <MemoryBar load={cell} /> },
  ]
}

const isKnown = (cell: CellRow): cell is CellStatus => cell.cpu_usage !== undefined && cell.alive

function CellName({ cell: { name, pool } }: { cell: CellRow }) {
  return pool === undefined ? (
    name
  ) : (
    <Link to="/compute/cells/$pool/$cell" params={{ pool, cell: name }}>
      {name}
    </Link>
  )
}
