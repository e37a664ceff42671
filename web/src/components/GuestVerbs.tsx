import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../api/session.ts'
import type { Verb } from '../ui/RowMenu.tsx'
import { useGuestAction } from './guest-action.ts'
import {
  allows,
  type GuestDialog,
  type GuestVerb,
  guestVerbs,
  isGuestDialog,
  stateOf,
  type VerbGuest,
  verbRules,
} from './guest-verbs.ts'

/**
 * The verbs of a guest for its row menu or the head of its page; what cannot be done now says why. `open` shows the dialog
 * of a verb that asks before: `<GuestDialogs>` shows it, by the address.
 */
export function useGuestVerbs(open: (dialog: GuestDialog, guest: VerbGuest) => void) {
  const { t } = useTranslation('instances')
  const act = useGuestAction()
  const navigate = useNavigate()
  const refusalOf = useVerbRefusal()
  const direct = (verb: GuestVerb, guest: VerbGuest) => {
    if (verb === 'start') act('start', guest)
    if (verb === 'console') void navigate({ to: '/instances/$id/console', params: { id: guest.id } })
    if (verb === 'createImage')
      void navigate({ to: '/images/disk', search: { dialog: 'build', of: guest.id } })
  }
  return (guest: VerbGuest): Verb[] =>
    guestVerbs.map((verb) => ({
      key: verb,
      title: t(verb),
      isDanger: verb === 'delete',
      refusal: refusalOf(verb, guest),
      onChoose: () => (isGuestDialog(verb) ? open(verb, guest) : direct(verb, guest)),
    }))
}

/** Why a verb cannot be done to a guest now, in words; undefined where it can. */
export function useVerbRefusal(): (verb: GuestVerb, guest: VerbGuest) => string | undefined {
  const { t } = useTranslation(['instances', 'common'])
  const may = {
    'guest.write': useMay('guest.write'),
    'guest.console': useMay('guest.console'),
    'image.write': useMay('image.write'),
  }
  return (verb, guest) => {
    const { permission } = verbRules[verb]
    if (!may[permission]) return t('common:missingPermission', { permission })
    const state = stateOf(guest)
    return allows(verb, state) ? undefined : t('notWhile', { state: t(state) })
  }
}
