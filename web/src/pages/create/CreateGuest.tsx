import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { CreateWizard } from './CreateWizard.tsx'
import { GuestProgress } from './GuestProgress.tsx'
import { steps } from './steps.ts'
import { useChosen } from './use-draft.ts'

const route = getRouteApi('/framed/instances/new')

/** One guest: the wizard, and once it is begun how far it is. */
export function CreateGuest() {
  const { guest, media, autostart = false } = route.useSearch()
  const navigate = route.useNavigate()
  if (guest === undefined) return <Making />
  return (
    <GuestProgress
      key={guest}
      id={guest}
      media={media}
      startsWithHost={autostart}
      onStarted={() => void navigate({ search: { guest }, replace: true })}
    />
  )
}

function Making() {
  const { t } = useTranslation(['create', 'frame'])
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const chosen = useChosen(search, () =>
    // A reload must not put what the address chose over what was changed since.
    navigate({ search: { step: search.step }, replace: true }),
  )
  return (
    <>
      <PageHead title={t('titleGuest')} crumbs={[{ title: t('frame:instances'), to: '/instances' }]} />
      <Needs permission="guest.write">
        <CreateWizard
          kind="guest"
          chosen={chosen}
          step={steps.find((step) => step === search.step) ?? 'source'}
          goTo={(step) => void navigate({ search: { step } })}
          onMade={(guest, { source, media, autoStart }) =>
            void navigate({
              search: source === 'media' ? { guest, media, autostart: autoStart } : { guest },
            })
          }
          onCancel={() => void navigate({ to: '/instances' })}
        />
      </Needs>
    </>
  )
}
