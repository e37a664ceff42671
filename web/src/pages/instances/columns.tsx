import { Label } from '@patternfly/react-core'
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
  'tags',
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
  'tags',
]

interface ColumnLook {
  /** What is left goes to the columns without one. */
  width?: string
  order?: Order
  render: (guest: Guest, language: string) => ReactNode
}

export const addressOf = ({ internal, external }: Guest): string =>
  internal.network_address ?? internal.allocated_address?.split('/')[0] ?? external.network_address ?? ''

/** By the group the list is sorted first, so it stands there, without getting in the way. */
export function GuestLink({ guest }: { guest: Guest }) {
  return (
    <span className="instances-name">
      <span className="instances-quiet">{guest.group}/</span>
      <Link to="/instances/$id" params={{ id: guest.id }}>
        {shortName(guest)}
      </Link>
    </span>
  )
}

/** In one line, as far as there is room; all of them where the pointer rests. */
function Tags({ tags }: Pick<Guest, 'tags'>) {
  return (
    <span className="instances-tags" title={tags.join(', ')}>
      {tags.map((tag) => (
        <Label key={tag} isCompact>
          {tag}
        </Label>
      ))}
    </span>
  )
}

export const columns: Readonly<Record<ColumnKey, ColumnLook>> = {
  state: { width: '7.75rem', order: 'state', render: (guest) => <GuestState guest={guest} /> },
  name: { order: 'name', render: (guest) => <GuestLink guest={guest} /> },
  address: { width: '8rem', order: 'address', render: addressOf },
  cpu: { width: '8.25rem', order: 'cores', render: (guest) => <CpuUsage guest={guest} /> },
  memory: { width: '11.75rem', order: 'memory', render: (guest) => <MemoryUsage guest={guest} /> },
  disk: { width: '6.5rem', render: ({ total_disk }, language) => bytesText(total_disk, language) },
  cell: { width: '6rem', order: 'cell', render: ({ cell }) => cell },
  tags: { width: '5.5rem', render: (guest) => <Tags tags={guest.tags} /> },
  pool: { width: '7rem', order: 'pool', render: ({ pool }) => pool },
  group: { width: '7.5rem', render: ({ group }) => group },
  owner: { width: '7.5rem', order: 'owner', render: ({ owner }) => owner },
  system: { width: '8rem', render: ({ system, system_version }) => system_version || system },
  mac: { width: '10.5rem', render: ({ ethernet_address }) => ethernet_address },
  created: {
    width: '12.5rem',
    order: 'created',
    render: ({ create_time }, language) => timeText(create_time, language),
  },
}
