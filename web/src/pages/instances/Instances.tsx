import './instances.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { useGuestVerbs } from '../../components/GuestVerbs.tsx'
import { shortName } from '../../components/guest-verbs.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { Chosen } from './Chosen.tsx'
import { CreateActions, NoGuests, NothingFits } from './Empty.tsx'
import { GuestCards } from './GuestCards.tsx'
import { GuestTable } from './GuestTable.tsx'
import { GuestToolbar } from './GuestToolbar.tsx'
import { RowDialog } from './RowDialog.tsx'
import { type GuestQuestion, type InstancesSearch, isFiltered, noFilters, questionOf } from './search.ts'
import { useAiming } from './use-aiming.ts'
import { useColumns } from './use-columns.ts'
import { type Guest, useGuestRows } from './use-guest-rows.ts'
import { useIsNarrow } from './use-is-narrow.ts'
import { useSelection } from './use-selection.ts'

const route = '/framed/instances'
// As many as a batch takes.
const mostChosen = 500

/** All guests that the reader may see. */
export function Instances() {
  const { t } = useTranslation('instances')
  const search = useSearch({ from: route })
  const navigate = useNavigate({ from: '/instances' })
  const change = (changed: Partial<InstancesSearch>) =>
    void navigate({ search: (earlier) => ({ ...earlier, ...changed }), replace: true })
  const [span, setSpan] = useState({ first: 0, last: 0 })
  const { isAiming, handlers } = useAiming()
  const question = questionOf(search)
  const listed = useGuestRows(question, span, isAiming)
  const selection = useSelection(listed.rows)
  const columns = useColumns()
  const isNarrow = useIsNarrow()
  const dialogs = useDialog()
  const verbs = useGuestVerbs((dialog, guest) => dialogs.open(dialog, guest.id))
  const actions = (guest: Guest) => <RowMenu name={shortName(guest)} verbs={verbs(guest)} />
  const list = { listed, question: JSON.stringify(question), onSpan: setSpan, actions }
  const isEmpty = listed.total === 0 && !listed.isOld && listed.error === null
  return (
    <div className="instances">
      <PageHead title={t('title')} actions={<CreateActions isNarrow={isNarrow} />} />
      <GuestToolbar
        search={search}
        counts={listed.counts}
        total={listed.total}
        onSearch={change}
        columns={columns}
        isNarrow={isNarrow}
      />
      <Chosen selection={selection} />
      {listed.error !== null && <Refusal error={listed.error} onRetry={listed.retry} />}
      {isEmpty && (isFiltered(search) ? <NothingFits onClear={() => change(noFilters)} /> : <NoGuests />)}
      {!isEmpty && isNarrow && <GuestCards {...list} />}
      {!isEmpty && !isNarrow && (
        <GuestTable
          {...list}
          handlers={handlers}
          shown={columns.shown}
          sort={{ order: search.sort ?? 'name', isDescending: search.desc ?? false }}
          onSort={(order, isDescending) => change({ sort: order, desc: isDescending || undefined })}
          selected={selection.guests}
          onSelect={selection.toggle}
          isAllSelected={listed.total > 0 && selection.guests.size >= Math.min(listed.total, mostChosen)}
          onSelectAll={async (isSelected) => selection.set(isSelected ? await firstOf(question) : [])}
        />
      )}
      <RowDialog rows={listed.rows} />
    </div>
  )
}

async function firstOf(question: GuestQuestion): Promise<readonly Guest[]> {
  const body = { ...question, limit: mostChosen, offset: 0 }
  return (await call('post', '/search/guests', { body })).result
}
