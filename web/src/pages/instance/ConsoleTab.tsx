import { PageSection } from '@patternfly/react-core'
import { useParams } from '@tanstack/react-router'
import { ConsoleGuest } from '../../components/console/ConsoleGuest.tsx'
import { GuestScreen } from '../../components/console/GuestScreen.tsx'

/** The screen of a guest. */
export function ConsoleTab() {
  const { id } = useParams({ from: '/framed/instances/$id/console' })
  return (
    <PageSection isFilled padding={{ default: 'noPadding' }}>
      <ConsoleGuest id={id}>{(guest) => <GuestScreen guest={guest} />}</ConsoleGuest>
    </PageSection>
  )
}
