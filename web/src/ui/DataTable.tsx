import { Skeleton } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import type { ReactNode } from 'react'

export interface Column<T> {
  /** Also the name by which it is sorted. */
  key: string
  title: string
  render: (row: T) => ReactNode
  isSortable?: boolean
  modifier?: 'nowrap' | 'fitContent' | 'truncate' | 'breakWord'
}

export interface Sort {
  key: string
  direction: 'asc' | 'desc'
}

export interface DataTableProps<T> {
  /** Names the table for screen readers. */
  label: string
  columns: readonly Column<T>[]
  /** undefined while they come. */
  rows: readonly T[] | undefined
  rowKey: (row: T) => string
  /** What a row is called, for its checkbox. */
  rowName?: (row: T) => string
  sort?: Sort
  onSort?: (sort: Sort) => void
  /** The row menu. */
  rowActions?: (row: T) => ReactNode
  selected?: ReadonlySet<string>
  onSelect?: (key: string, isSelected: boolean) => void
  /** Shown in the place of the rows where there are none. */
  empty: ReactNode
}

const skeletonRows = 5

/** A plain table; on a phone each row is a card. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rows, rowKey, rowName, sort, onSort, rowActions, selected, onSelect, empty } = props
  if (rows?.length === 0) return empty
  const sortOf = (column: Column<T>, index: number) =>
    column.isSortable && onSort
      ? {
          sort: {
            columnIndex: index,
            sortBy: {
              index: columns.findIndex(({ key }) => key === sort?.key),
              direction: sort?.direction ?? 'asc',
            },
            onSort: (_: unknown, __: number, direction: 'asc' | 'desc') =>
              onSort({ key: column.key, direction }),
          },
        }
      : {}
  return (
    <Table aria-label={label} variant="compact" gridBreakPoint="grid-md">
      <Thead>
        <Tr>
          {onSelect && <Th screenReaderText={label} />}
          {columns.map((column, index) => (
            <Th
              key={column.key}
              {...sortOf(column, index)}
              {...(column.modifier ? { modifier: column.modifier } : {})}
            >
              {column.title}
            </Th>
          ))}
          {rowActions && <Th screenReaderText={label} />}
        </Tr>
      </Thead>
      <Tbody>
        {rows === undefined
          ? Array.from({ length: skeletonRows }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
              <Tr key={index}>
                {columns.map(({ key, title }) => (
                  <Td key={key} dataLabel={title}>
                    <Skeleton />
                  </Td>
                ))}
              </Tr>
            ))
          : rows.map((row, index) => (
              <Tr key={rowKey(row)} isRowSelected={selected?.has(rowKey(row)) ?? false}>
                {onSelect && (
                  <Td
                    select={{
                      rowIndex: index,
                      isSelected: selected?.has(rowKey(row)) ?? false,
                      onSelect: (_, isSelected) => onSelect(rowKey(row), isSelected),
                      props: { 'aria-label': rowName?.(row) ?? rowKey(row) },
                    }}
                  />
                )}
                {columns.map(({ key, title, render, modifier }) => (
                  <Td key={key} dataLabel={title} {...(modifier ? { modifier } : {})}>
                    {render(row)}
                  </Td>
                ))}
                {rowActions && <Td isActionCell>{rowActions(row)}</Td>}
              </Tr>
            ))}
      </Tbody>
    </Table>
  )
}
