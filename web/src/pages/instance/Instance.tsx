import './instance.css'
import { PageSection, Skeleton } from '@patternfly/react-core'
import { Outlet, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../../api/errors.ts'
import { GuestDialogs } from '../../components/GuestDialogs.tsx'
import { GuestState } from '../../components/GuestState.tsx'
import { isGuestDialog, shortName } from '../../components/guest-verbs.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { Creating } from './Creating.tsx'
import { Gone } from './Gone.tsx'
import { InstanceActions } from './InstanceActions.tsx'
import { InstanceTabs } from './InstanceTabs.tsx'
import { type GuestDetail, isMade, useGuestId, useGuestReading } from './use-guest.ts'

/** One guest: its state, what can be done to it, and its tabs. While it is made, how far that is. */
export function Instance() {
  const { t } = useTranslation('frame')
  const id = useGuestId()
  const { data: guest, error, refetch } = useGuestReading(id)
  const crumbs = [{ title: t('instances'), to: '/instances' }]
  if (error instanceof ApiError && error.status === 404)
    return <Gone id={id} name={isMade(guest) ? shortName(guest) : undefined} reason={error.message} />
  if (isMade(guest)) return <Made guest={guest} />
  return (
    <>
      <PageHead title={guest?.name ?? id} crumbs={crumbs} />
      <PageSection isFilled>
        {guest ? (
          <Creating id={id} progress={guest.progress} />
        ) : error ? (
          <Refusal error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton height="20rem" />
        )}
      </PageSection>
    </>
  )
}

function Made({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation('frame')
  const navigate = useNavigate()
  const { dialog, open, close } = useDialog()
  return (
    <>
      <PageHead
        title={shortName(guest)}
        crumbs={[{ title: t('instances'), to: '/instances' }]}
        state={<GuestState guest={guest} />}
        actions={<InstanceActions guest={guest} onOpen={open} />}
      />
      <InstanceTabs id={guest.id} />
      <PageSection isFilled className="instance-body">
        <Outlet />
      </PageSection>
      {dialog !== undefined && isGuestDialog(dialog) && (
        <GuestDialogs
          guest={guest}
          dialog={dialog}
          onClose={close}
          onDelete={() => void navigate({ to: '/instances' })}
        />
      )}
    </>
  )
}
