import { Button, Spinner, Title } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useVerbRefusal } from '../GuestVerbs.tsx'
import { useGuestAction } from '../guest-action.ts'
import { usePending } from '../guest-pending.ts'
import { shortName, stateOf, type VerbGuest } from '../guest-verbs.ts'
import { Refusal } from '../Refusal.tsx'
import type { LineState } from './line.ts'

export interface LineNoteProps {
  state: LineState
  guest: VerbGuest
  onReconnect: () => void
}

/** Over a console that is not connected: why, and what goes on or can be done. */
export function LineNote({ state, guest, onReconnect }: LineNoteProps) {
  const { t } = useTranslation('consoles')
  if (state.kind === 'open') return null
  return (
    <div className="console-note">
      <section className="console-note-card" aria-label={t(state.kind)}>
        {state.kind === 'off' && <Off guest={guest} />}
        {state.kind === 'connecting' && (
          <>
            <Spinner size="lg" aria-label={t('connecting')} />
            <p>{t('connecting')}</p>
          </>
        )}
        {state.kind === 'broken' && (
          <>
            <Title headingLevel="h2" size="md">
              {t('brokenTitle')}
            </Title>
            {state.reason && <p>{state.reason}</p>}
            <p>{t('brokenText', { seconds: Math.ceil(state.retryInMs / 1000) })}</p>
            <Button onClick={onReconnect}>{t('tryNow')}</Button>
          </>
        )}
        {state.kind === 'taken' && (
          <>
            <Title headingLevel="h2" size="md">
              {t('takenTitle')}
            </Title>
            <p>{t('takenText')}</p>
            <Button onClick={onReconnect}>{t('takeBack')}</Button>
          </>
        )}
        {state.kind === 'refused' && <Refusal error={state.error} onRetry={onReconnect} />}
      </section>
    </div>
  )
}

function Off({ guest }: { guest: VerbGuest }) {
  const { t } = useTranslation(['consoles', 'instances'])
  const act = useGuestAction()
  const state = stateOf(guest)
  const pending = usePending(guest.id, state)
  const refusal = useVerbRefusal()('start', guest)
  return (
    <>
      <Title headingLevel="h2" size="md">
        {t('offTitle', { name: shortName(guest) })}
      </Title>
      <p>{t('offText')}</p>
      <Button
        isLoading={pending === 'starting'}
        isAriaDisabled={refusal !== undefined || pending !== undefined}
        onClick={() => act('start', guest)}
      >
        {pending ? t(`instances:${pending}`) : t('instances:start')}
      </Button>
      {refusal && <small>{refusal}</small>}
    </>
  )
}
