import { Skeleton } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { GuestState } from '../../components/GuestState.tsx'
import { addressOf, GuestLink } from './columns.tsx'
import type { GuestListProps } from './GuestTable.tsx'
import type { Guest } from './use-guest-rows.ts'
import { useVirtualRows } from './use-virtual-rows.ts'

const cardHeight = 80

/** The guests on a phone: state, name, address, and what can be done. */
export function GuestCards({ listed, question, onSpan, actions }: GuestListProps) {
  const { t } = useTranslation('instances')
  const { scroller, indexes, before, after } = useVirtualRows({
    total: listed.total,
    rowHeight: cardHeight,
    question,
    onSpan,
  })
  return (
    <div ref={scroller} className="instances-scroll">
      <ul
        aria-label={t('title')}
        className="instances-cards"
        style={{ paddingBlockStart: before, paddingBlockEnd: after }}
      >
        {indexes.map((index) => {
          const guest = listed.rows.get(index)
          return (
            <li key={guest?.id ?? index} className="instances-card">
              {guest ? <Card guest={guest} actions={actions} /> : <Skeleton width="60%" />}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function Card({ guest, actions }: { guest: Guest } & Pick<GuestListProps, 'actions'>) {
  return (
    <>
      <div className="instances-card-text">
        <GuestLink guest={guest} />
        <div className="instances-card-facts">
          <GuestState guest={guest} />
          <span className="instances-quiet">{addressOf(guest)}</span>
        </div>
      </div>
      {actions(guest)}
    </>
  )
}
