import { Button, Tooltip } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useGuestVerbs } from '../../components/GuestVerbs.tsx'
import { usePending } from '../../components/guest-pending.ts'
import { type GuestDialog, isOn, stateOf } from '../../components/guest-verbs.ts'
import { RowMenu, type Verb } from '../../ui/RowMenu.tsx'
import type { GuestDetail } from './use-guest.ts'

export interface InstanceActionsProps {
  guest: GuestDetail
  onOpen: (dialog: GuestDialog) => void
}

/** What is done most as buttons, everything as a menu. */
export function InstanceActions({ guest, onOpen }: InstanceActionsProps) {
  const { t } = useTranslation('instances')
  const verbs = useGuestVerbs((dialog) => onOpen(dialog))(guest)
  const state = stateOf(guest)
  const pending = usePending(guest.id, state)
  const shown = isOn(state) ? ['shutdown', 'console'] : ['start']
  return (
    <>
      {shown.map((key, index) => {
        const verb = verbs.find((candidate) => candidate.key === key)
        if (!verb) return null
        const isLast = index === shown.length - 1
        return (
          <VerbButton key={key} verb={verb} isPrimary={isLast} isPending={key !== 'console' && !!pending} />
        )
      })}
      {pending && <span className="pf-v6-screen-reader">{t(pending)}</span>}
      <RowMenu name={guest.name} verbs={verbs.filter(({ key }) => !shown.includes(key))} />
    </>
  )
}

interface VerbButtonProps {
  verb: Verb
  isPrimary: boolean
  isPending: boolean
}

function VerbButton({ verb: { title, refusal, onChoose }, isPrimary, isPending }: VerbButtonProps) {
  const button = (
    <Button
      variant={isPrimary ? 'primary' : 'secondary'}
      isAriaDisabled={refusal !== undefined || isPending}
      isLoading={isPending}
      onClick={onChoose}
    >
      {title}
    </Button>
  )
  return refusal === undefined ? button : <Tooltip content={refusal}>{button}</Tooltip>
}
