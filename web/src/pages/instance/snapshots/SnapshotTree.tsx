import { Label } from '@patternfly/react-core'
import MapMarkerAltIcon from '@patternfly/react-icons/dist/esm/icons/map-marker-alt-icon'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { AgoText } from '../../../ui/AgoText.tsx'
import { Lanes } from './Lanes.tsx'
import type { TreeRow } from './tree.ts'
import type { SnapshotDetails } from './use-snapshots.ts'

export interface SnapshotTreeProps {
  rows: readonly TreeRow[]
  details: ReadonlyMap<string, SnapshotDetails>
  /** Name of a snapshot; undefined for the present place. */
  selected: string | undefined
  onSelect: (name: string | undefined) => void
}

/** Where the arrow keys of a tree lead from a row: an index, or undefined for nowhere. */
function target(rows: readonly TreeRow[], from: number, key: string): number | undefined {
  const row = rows[from]
  if (!row) return undefined
  switch (key) {
    case 'ArrowDown':
      return Math.min(from + 1, rows.length - 1)
    case 'ArrowUp':
      return Math.max(from - 1, 0)
    case 'Home':
      return 0
    case 'End':
      return rows.length - 1
    case 'ArrowLeft':
      return row.parent === undefined ? undefined : rows.findIndex(({ name }) => name === row.parent)
    case 'ArrowRight':
      return row.hasBelow ? from + 1 : undefined
    default:
      return undefined
  }
}

/** The tree, drawn with lines; the arrow keys choose. */
export function SnapshotTree({ rows, details, selected, onSelect }: SnapshotTreeProps) {
  const { t } = useTranslation('snapshots')
  const list = useRef<HTMLDivElement>(null)
  const isMoved = useRef(false)
  const keyed = (event: KeyboardEvent, index: number) => {
    const to = target(rows, index, event.key)
    if (to === undefined || to < 0) return
    event.preventDefault()
    isMoved.current = true
    onSelect(rows[to]?.name)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is chosen by a key takes the focus with it
  useEffect(() => {
    if (isMoved.current) list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus()
    isMoved.current = false
  }, [selected])
  const lanes = Math.max(...rows.map(({ lane }) => lane)) + 1
  return (
    <div ref={list} role="tree" aria-label={t('tree')} className="snapshot-tree">
      {rows.map((row, index) => (
        <div
          key={row.name ?? ' '}
          role="treeitem"
          className={`snapshot-row${row.name === selected ? ' snapshot-row-selected' : ''}`}
          aria-level={row.level}
          aria-posinset={row.position}
          aria-setsize={row.setSize}
          aria-selected={row.name === selected}
          tabIndex={row.name === selected ? 0 : -1}
          onClick={() => onSelect(row.name)}
          onKeyDown={(event) => keyed(event, index)}
        >
          <Lanes row={row} lanes={lanes} />
          <RowText row={row} details={row.name === undefined ? undefined : details.get(row.name)} />
        </div>
      ))}
    </div>
  )
}

function RowText({ row, details }: { row: TreeRow; details: SnapshotDetails | undefined }) {
  const { t } = useTranslation('snapshots')
  if (row.name === undefined)
    return (
      <Label isCompact color="blue" icon={<MapMarkerAltIcon />}>
        {t('here')}
      </Label>
    )
  return (
    <>
      <span className="snapshot-name">{row.name}</span>
      {details?.memory && <Label isCompact>{t('memoryShort')}</Label>}
      {details && (
        <span className="snapshot-time">
          <AgoText time={details.create_time} />
        </span>
      )}
    </>
  )
}
