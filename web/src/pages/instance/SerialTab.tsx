import { PageSection } from '@patternfly/react-core'
import { useParams } from '@tanstack/react-router'
import { ConsoleGuest } from '../../components/console/ConsoleGuest.tsx'
import { GuestSerial } from '../../components/console/GuestSerial.tsx'

/** The serial console of a guest. */
export function SerialTab() {
  const { id } = useParams({ from: '/framed/instances/$id/serial' })
  return (
    <PageSection isFilled padding={{ default: 'noPadding' }}>
      <ConsoleGuest id={id}>{(guest) => <GuestSerial guest={guest} />}</ConsoleGuest>
    </PageSection>
  )
}
