import { useQuery } from '@tanstack/react-query'
import { reading } from '../../api/query.ts'
import { GuestDialogs } from '../../components/GuestDialogs.tsx'
import { isGuestDialog, type VerbGuest } from '../../components/guest-verbs.ts'
import { useDialog } from '../../components/use-dialog.ts'
import type { Guest } from './use-guest-rows.ts'

/** The dialog that the address names for one guest, be it in sight or not. */
export function RowDialog({ rows }: { rows: ReadonlyMap<number, Guest> }) {
  const { dialog, of = '', close } = useDialog()
  const isAsked = dialog !== undefined && isGuestDialog(dialog) && of !== ''
  const shown = [...rows.values()].find(({ id }) => id === of)
  const { data } = useQuery({
    ...reading('/guests/{id}', { params: { path: { id: of } } }),
    enabled: isAsked && shown === undefined,
  })
  const guest: VerbGuest | undefined = shown ?? (data && 'id' in data ? data : undefined)
  if (!isAsked || !guest) return null
  return <GuestDialogs key={`${dialog} ${of}`} guest={guest} dialog={dialog} onClose={close} />
}
