import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { GuestState } from '../../components/GuestState.tsx'
import { shortName } from '../../components/guest-verbs.ts'
import { bytesText, timeText } from '../../ui/format.ts'
import type { Order } from './search.ts'
import { CpuUsage, MemoryUsage } from './Usage.tsx'
import type { Guest } from './use-guest-rows.ts'

export const columnKeys = [
  'state',
  'name',
  'address',
  'cpu',
  'memory',
  'disk',
  'cell',
  'pool',
  'group',
  'owner',
  'system',
  'mac',
  'created',
] as const
export type ColumnKey = (typeof columnKeys)[number]

/** A name is always shown, since by it the page of a guest is reached. */
export const fixedColumn: ColumnKey = 'name'
export const usualColumns: readonly ColumnKey[] = [
  'state',
  'name',
  'address',
  'cpu',
  'memory',
  'cell',
  'group',
]

interface ColumnLook {
  /** Share of the width, in characters or so. */
  width: number
  order?: Order
  render: (guest: Guest, language: string) => ReactNode
}

export const addressOf = ({ internal, external }: Guest): string =>
  internal.network_address ?? internal.allocated_address?.split('/')[0] ?? external.network_address ?? ''

export function GuestLink({ guest }: { guest: Guest }) {
  return (
    <Link to="/instances/$id" params={{ id: guest.id }}>
      {shortName(guest)}
    </Link>
  )
}

export const columns: Readonly<Record<ColumnKey, ColumnLook>> = {
  state: { width: 14, order: 'state', render: (guest) => <GuestState guest={guest} /> },
  name: { width: 20, order: 'name', render: (guest) => <GuestLink guest={guest} /> },
  address: { width: 13, order: 'address', render: addressOf },
  cpu: { width: 16, order: 'cores', render: (guest) => <CpuUsage guest={guest} /> },
  memory: { width: 19, order: 'memory', render: (guest) => <MemoryUsage guest={guest} /> },
  disk: { width: 9, render: ({ total_disk }, language) => bytesText(total_disk, language) },
  cell: { width: 11, order: 'cell', render: ({ cell }) => cell },
  pool: { width: 11, order: 'pool', render: ({ pool }) => pool },
  group: { width: 11, render: ({ group }) => group },
  owner: { width: 11, order: 'owner', render: ({ owner }) => owner },
  system: { width: 13, render: ({ system, system_version }) => system_version || system },
  mac: { width: 15, render: ({ ethernet_address }) => ethernet_address },
  created: {
    width: 19,
    order: 'created',
    render: ({ create_time }, language) => timeText(create_time, language),
  },
}
