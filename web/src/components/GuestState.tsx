import { Label, Popover } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import InProgressIcon from '@patternfly/react-icons/dist/esm/icons/in-progress-icon'
import OffIcon from '@patternfly/react-icons/dist/esm/icons/off-icon'
import PausedIcon from '@patternfly/react-icons/dist/esm/icons/paused-icon'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api/schema.d.ts'
import { usePending } from './guest-pending.ts'
import { type GuestStateWord, stateOf } from './guest-verbs.ts'

type Guest = components['schemas']['Guest']

export type StatedGuest = Pick<Guest, 'id' | 'state' | 'created' | 'progress' | 'state_reason'>

interface Look {
  icon: ComponentType
  color: 'green' | 'grey' | 'orange' | 'red' | 'blue'
}

const looks: Record<GuestStateWord, Look> = {
  creating: { icon: InProgressIcon, color: 'blue' },
  running: { icon: CheckCircleIcon, color: 'green' },
  paused: { icon: PausedIcon, color: 'orange' },
  stopping: { icon: InProgressIcon, color: 'blue' },
  stopped: { icon: OffIcon, color: 'grey' },
  crashed: { icon: ExclamationCircleIcon, color: 'red' },
}

/** The state of a guest as a word with icon and colour; what is under way comes first, and a reason is one press away. */
export function GuestState({ guest }: { guest: StatedGuest }) {
  const { t } = useTranslation('instances')
  const state = stateOf(guest)
  const pending = usePending(guest.id, state)
  const { icon: Icon, color } = pending ? looks.creating : looks[state]
  const word = pending
    ? t(pending)
    : state === 'creating'
      ? t('creatingAt', { progress: guest.progress })
      : t(state)
  const label = (onClick?: () => void) => (
    <Label isCompact variant="outline" color={color} icon={<Icon />} {...(onClick ? { onClick } : {})}>
      {word}
    </Label>
  )
  if (pending || !guest.state_reason) return label()
  return (
    <Popover headerContent={t('whyPaused')} bodyContent={guest.state_reason}>
      {label(() => undefined)}
    </Popover>
  )
}

/** As `GuestState`, for a state without a guest, e.g. in a filter. */
export function StateLabel({ state }: { state: GuestStateWord }) {
  const { t } = useTranslation('instances')
  const { icon: Icon, color } = looks[state]
  return (
    <Label isCompact variant="outline" color={color} icon={<Icon />}>
      {t(state)}
    </Label>
  )
}
