import { Content, List, ListItem } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../api/query.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { bytesText } from '../ui/format.ts'
import { useGuestAction } from './guest-action.ts'
import { type GuestDialog, isOn, shortName, stateOf, type VerbGuest } from './guest-verbs.ts'
import { StartFrom } from './StartFrom.tsx'

export interface GuestDialogsProps {
  guest: VerbGuest
  dialog: GuestDialog
  onClose: () => void
  /** The guest is about to be deleted, e.g. to leave its page. */
  onDelete?: () => void
}

/** The dialog of a verb that asks before it is done; which one stands in the address. */
export function GuestDialogs({ guest, dialog, onClose, onDelete }: GuestDialogsProps) {
  const { t } = useTranslation('instances')
  const act = useGuestAction()
  const name = shortName(guest)
  if (dialog === 'startFrom') return <StartFrom guest={guest} onClose={onClose} />
  const isDanger = dialog === 'delete' || dialog === 'powerOff' || dialog === 'reset'
  return (
    <Confirm
      title={t(`${dialog}Title`, { name })}
      verb={t(`${dialog}Verb`)}
      isDanger={isDanger}
      onClose={onClose}
      onConfirm={() => {
        act(dialog, guest)
        onClose()
        if (dialog === 'delete') onDelete?.()
      }}
    >
      {dialog === 'delete' ? (
        <Losses guest={guest} />
      ) : (
        <Content component="p">{t(`${dialog}Text`, { name })}</Content>
      )}
    </Confirm>
  )
}

/** What goes with a guest, by name and size. */
function Losses({ guest }: { guest: VerbGuest }) {
  const { t, i18n } = useTranslation('instances')
  const { data: snapshots } = useQuery(
    reading('/instances/{id}/snapshots', { params: { path: { id: guest.id } } }),
  )
  const names = Object.keys(snapshots ?? {})
  const size = bytesText(guest.total_disk, i18n.language)
  return (
    <>
      <Content component="p">{t('deleteText')}</Content>
      <List>
        {isOn(stateOf(guest)) && <ListItem>{t('deleteCut')}</ListItem>}
        <ListItem>{t('deleteDisks', { count: guest.disks.length, size })}</ListItem>
        {names.length > 0 && (
          <ListItem>
            {t('deleteSnapshots', { count: names.length, names: names.slice(0, 5).join(', ') })}
          </ListItem>
        )}
        <ListItem>{t('deleteRest')}</ListItem>
      </List>
      <Content component="p">{t('deleteQuarantine')}</Content>
    </>
  )
}
