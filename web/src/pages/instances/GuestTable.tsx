import { Checkbox, Skeleton } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import type { PointerEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { shortName } from '../../components/guest-verbs.ts'
import { type ColumnKey, columns } from './columns.tsx'
import type { Listed } from './held-order.ts'
import type { Order } from './search.ts'
import type { Guest, Span } from './use-guest-rows.ts'
import { useVirtualRows } from './use-virtual-rows.ts'

export interface GuestListProps {
  listed: Listed<Guest>
  /** What was asked, to begin at the top for another one. */
  question: string
  onSpan: (span: Span) => void
  actions: (guest: Guest) => ReactNode
}

export interface GuestTableProps extends GuestListProps {
  shown: readonly ColumnKey[]
  sort: { order: Order; isDescending: boolean }
  onSort: (order: Order, isDescending: boolean) => void
  selected: ReadonlyMap<string, Guest>
  onSelect: (guest: Guest, isSelected: boolean) => void
  isAllSelected: boolean
  onSelectAll: (isSelected: boolean) => void
  handlers: { onPointerMove: (event: PointerEvent) => void; onPointerLeave: () => void }
}

const rowHeight = 41

/** The table of guests; only the rows in sight are in the page. */
export function GuestTable(props: GuestTableProps) {
  const { listed, question, shown, onSpan, handlers } = props
  const { t } = useTranslation('instances')
  const { scroller, indexes, before, after } = useVirtualRows({
    total: listed.total,
    rowHeight,
    question,
    onSpan,
  })
  return (
    <div ref={scroller} className="instances-scroll">
      <Table
        aria-label={t('title')}
        aria-rowcount={listed.total + 1}
        variant="compact"
        gridBreakPoint=""
        isStickyHeader
        className="instances-table"
      >
        <colgroup>
          <col className="instances-check" />
          {shown.map((key) => (
            <col key={key} style={{ inlineSize: columns[key].width }} />
          ))}
          <col className="instances-menu" />
        </colgroup>
        <Head {...props} />
        <Tbody {...handlers}>
          <Room height={before} span={shown.length + 2} />
          {indexes.map((index) => (
            <Row key={listed.rows.get(index)?.id ?? index} index={index} {...props} />
          ))}
          <Room height={after} span={shown.length + 2} />
        </Tbody>
      </Table>
    </div>
  )
}

const Room = ({ height, span }: { height: number; span: number }) =>
  height > 0 && (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing of it can be focused
    <tr aria-hidden="true" className="instances-room">
      <td colSpan={span} style={{ blockSize: height }} />
    </tr>
  )

function Head({ shown, sort, onSort, isAllSelected, onSelectAll }: GuestTableProps) {
  const { t } = useTranslation(['instances', 'common'])
  return (
    <Thead>
      <Tr aria-rowindex={1}>
        <Th className="pf-v6-c-table__check">
          <Checkbox
            id="instances-all"
            aria-label={t('selectAll')}
            isChecked={isAllSelected}
            onChange={(_, isSelected) => onSelectAll(isSelected)}
          />
        </Th>
        {shown.map((key, index) => {
          const { order } = columns[key]
          const isSorted = order === sort.order
          const direction = sort.isDescending ? ('desc' as const) : ('asc' as const)
          const sorting = order && {
            columnIndex: index,
            sortBy: isSorted ? { index, direction } : {},
            onSort: (_: unknown, __: number, wanted: string) => onSort(order, wanted === 'desc'),
          }
          return (
            <Th key={key} {...(sorting ? { sort: sorting } : {})}>
              {t(`column_${key}`)}
            </Th>
          )
        })}
        <Th screenReaderText={t('common:actions')} />
      </Tr>
    </Thead>
  )
}

function Row({ index, listed, shown, selected, onSelect, actions }: GuestTableProps & { index: number }) {
  const { t, i18n } = useTranslation('instances')
  const guest = listed.rows.get(index)
  const isSelected = guest !== undefined && selected.has(guest.id)
  return (
    <Tr aria-rowindex={index + 2} isRowSelected={isSelected} className="instances-row">
      <Td className="pf-v6-c-table__check">
        {guest && (
          <Checkbox
            id={`instances-${guest.id}`}
            aria-label={t('select', { name: shortName(guest) })}
            isChecked={isSelected}
            onChange={(_, isChosen) => onSelect(guest, isChosen)}
          />
        )}
      </Td>
      {shown.map((key) => (
        <Td key={key} dataLabel={t(`column_${key}`)} className="instances-cell">
          {guest ? columns[key].render(guest, i18n.language) : <Skeleton width="70%" />}
        </Td>
      ))}
      <Td isActionCell>{guest && actions(guest)}</Td>
    </Tr>
  )
}
