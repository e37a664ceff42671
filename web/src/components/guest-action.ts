import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call } from '../api/client.ts'
import { useMay } from '../api/session.ts'
import { clearPending, markPending, type PendingWord, settlePending } from './guest-pending.ts'
import { isOn, shortName, stateOf, type VerbGuest } from './guest-verbs.ts'
import { notify } from './notices.ts'
import { useRefusalText } from './Refusal.tsx'
import { useBringBack } from './undo-delete.ts'

export type GuestAction = 'start' | 'shutdown' | 'reboot' | 'powerOff' | 'reset' | 'delete'

const at = ({ id }: VerbGuest) => ({ params: { path: { id } } })
const power = (guest: VerbGuest, body: { reboot?: boolean; force?: boolean }) =>
  call('delete', '/instances/{id}', { ...at(guest), body })

/** How the API is asked; a running guest is only deleted by force, which the dialog has said. */
const requests: Record<GuestAction, (guest: VerbGuest) => Promise<unknown>> = {
  start: (guest) => call('post', '/instances/{id}', { ...at(guest), body: {} }),
  shutdown: (guest) => power(guest, {}),
  reboot: (guest) => power(guest, { reboot: true }),
  powerOff: (guest) => power(guest, { force: true }),
  reset: (guest) => power(guest, { reboot: true, force: true }),
  delete: (guest) => call('delete', '/guests/{id}', { ...at(guest), body: { force: isOn(stateOf(guest)) } }),
}

/** Asks the appliance; resolves when it is done or, if that takes longer, when it goes on as a task. */
export const askGuest = (action: GuestAction, guest: VerbGuest): Promise<unknown> => requests[action](guest)

export const pendingWords: Record<GuestAction, PendingWord> = {
  start: 'starting',
  shutdown: 'shuttingDown',
  reboot: 'rebooting',
  powerOff: 'poweringOff',
  reset: 'resetting',
  delete: 'deleting',
}

/**
 * Does something to a guest. Its row says at once what is under way; what was refused is told in a notice with the
 * appliance's words, and a deletion offers to bring the disks back.
 */
export function useGuestAction(): (action: GuestAction, guest: VerbGuest) => void {
  const { t } = useTranslation('instances')
  const textOf = useRefusalText()
  const bringBack = useBringBack()
  const mayBringBack = useMay('storage.write')
  const { mutate } = useMutation({
    mutationFn: ({ action, guest }: { action: GuestAction; guest: VerbGuest }) => askGuest(action, guest),
    onMutate: ({ action, guest }) => markPending(guest.id, pendingWords[action], stateOf(guest)),
    onSuccess: (_, { action, guest }) => {
      settlePending(guest.id)
      if (action !== 'delete') return
      notify({
        kind: 'info',
        title: t('deleted', { name: shortName(guest) }),
        text: mayBringBack ? t('deletedText') : t('deletedTextAsk'),
        ...(mayBringBack ? { action: { title: t('bringBack'), onChoose: () => bringBack([guest.id]) } } : {}),
      })
    },
    onError: (error, { action, guest }) => {
      clearPending(guest.id)
      notify({
        kind: 'danger',
        title: t('actionFailed', { action: t(`${action}Verb`), name: shortName(guest) }),
        text: textOf(error),
      })
    },
  })
  return (action, guest) => mutate({ action, guest })
}
