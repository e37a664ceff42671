import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { BatchProgress } from './BatchProgress.tsx'
import { CreateWizard } from './CreateWizard.tsx'
import { steps } from './steps.ts'
import { useChosen } from './use-draft.ts'

const route = getRouteApi('/framed/instances/new-batch')

/** Many guests of one kind: the wizard, and once they are begun how far each is. */
export function CreateBatch() {
  const { batch } = route.useSearch()
  return batch === undefined ? <Making /> : <BatchProgress key={batch} id={batch} />
}

function Making() {
  const { t } = useTranslation(['create', 'frame'])
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const chosen = useChosen(search, () => navigate({ search: { step: search.step }, replace: true }))
  return (
    <>
      <PageHead title={t('titleBatch')} crumbs={[{ title: t('frame:instances'), to: '/instances' }]} />
      <Needs permission="guest.write">
        <CreateWizard
          kind="batch"
          chosen={chosen}
          step={steps.find((step) => step === search.step) ?? 'source'}
          goTo={(step) => void navigate({ search: { step } })}
          onMade={(batch) => void navigate({ search: { batch } })}
          onCancel={() => void navigate({ to: '/instances' })}
        />
      </Needs>
    </>
  )
}
