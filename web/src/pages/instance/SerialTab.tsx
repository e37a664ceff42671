import { useParams } from '@tanstack/react-router'
import { ConsoleGuest } from '../../components/console/ConsoleGuest.tsx'
import { GuestSerial } from '../../components/console/GuestSerial.tsx'

/** The serial console of a guest. */
export function SerialTab() {
  const { id } = useParams({ from: '/framed/instances/$id/serial' })
  return <ConsoleGuest id={id}>{(guest) => <GuestSerial guest={guest} />}</ConsoleGuest>
}
